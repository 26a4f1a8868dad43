using System.Buffers.Binary;

namespace Lustrous.Osd.Disk.Store;

/// <summary>Goes through the records of a batch that was read from the journal.</summary>
ref struct DiskBatchReader(ReadOnlySpan<byte> batch)
{
    ReadOnlySpan<byte> _rest = batch.Length >= DiskBatch.HeaderSize ? batch[DiskBatch.HeaderSize..] : default;
    uint _left = batch.Length >= DiskBatch.HeaderSize
        ? BinaryPrimitives.ReadUInt32LittleEndian(batch[8..])
        : uint.MaxValue;

    public byte Tag { get; private set; }

    public ReadOnlySpan<byte> Key { get; private set; }

    /// <summary>Of a put; of a range of deletions its end.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>All records were read, and nothing is left.</summary>
    public readonly bool IsWhole => _left == 0 && _rest.IsEmpty;

    public bool MoveNext()
    {
        if (_left == 0 || _rest.IsEmpty)
            return false;
        Tag = _rest[0];
        _rest = _rest[1..];
        Key = Value = default;
        if (Tag is not (DiskBatch.TagPut or DiskBatch.TagDelete or DiskBatch.TagDeleteRange)
            || !TryTake(out ReadOnlySpan<byte> key))
            return false;
        Key = key;
        if (Tag != DiskBatch.TagDelete)
        {
            if (!TryTake(out ReadOnlySpan<byte> value))
                return false;
            Value = value;
        }
        _left--;
        return true;
    }

    bool TryTake(out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        uint length = 0;
        for (int i = 0; i < 5 && i < _rest.Length; i++)
        {
            length |= (uint)(_rest[i] & 0x7F) << (7 * i);
            if ((_rest[i] & 0x80) != 0)
                continue;
            if (length > (uint)(_rest.Length - i - 1))
                return false;
            bytes = _rest.Slice(i + 1, (int)length);
            _rest = _rest[(i + 1 + (int)length)..];
            return true;
        }
        return false;
    }
}
