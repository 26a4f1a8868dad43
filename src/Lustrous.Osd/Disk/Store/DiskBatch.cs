using System.Buffers.Binary;

namespace Lustrous.Osd.Disk.Store;

/// <summary>
/// What one transaction changes in the store, laid out as RocksDB's own write batches are: so it goes to the journal as
/// it is, and to the store in one call with others.
/// </summary>
/// <remarks>Layout: 8 bytes of sequence, 4 of count, then records: a tag, lengths as 7 bits a byte, key, value
/// (db/write_batch.cc of RocksDB; the format of its own log, which it reads for ever).</remarks>
/// <param name="wholeBytes">Of one that gets large: then it has room for so many at once, instead of growing in steps.
/// </param>
sealed class DiskBatch(int wholeBytes = 0)
{
    public const int HeaderSize = 12;
    public const byte TagDelete = 0, TagPut = 1, TagDeleteRange = 15;

    const int CountAt = 8;
    const int FirstBytes = 1024, SmallBytes = 64 << 10;

    byte[] _bytes = new byte[FirstBytes];
    int _length = HeaderSize;
    uint _count;

    public bool IsEmpty => _count == 0;

    public int Length => _length;

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>The records without the header.</summary>
    public ReadOnlySpan<byte> Records => _bytes.AsSpan(HeaderSize, _length - HeaderSize);

    /// <summary>Returns where the value begins.</summary>
    public int Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        Span<byte> room = Grow(1 + 5 + key.Length + 5 + value.Length);
        room[0] = TagPut;
        int at = 1 + WriteBytes(room[1..], key);
        at += WriteBytes(room[at..], value);
        Added(at, 1);
        return _length - value.Length;
    }

    /// <summary>Another value, of the same length, for one that was put.</summary>
    public void Overwrite(int at, ReadOnlySpan<byte> value) => value.CopyTo(_bytes.AsSpan(at, value.Length));

    public void Delete(ReadOnlySpan<byte> key)
    {
        Span<byte> room = Grow(1 + 5 + key.Length);
        room[0] = TagDelete;
        Added(1 + WriteBytes(room[1..], key), 1);
    }

    /// <summary>All keys from <paramref name="first"/> on that are before <paramref name="end"/>.</summary>
    public void DeleteRange(ReadOnlySpan<byte> first, ReadOnlySpan<byte> end)
    {
        Span<byte> room = Grow(1 + 5 + first.Length + 5 + end.Length);
        room[0] = TagDeleteRange;
        int at = 1 + WriteBytes(room[1..], first);
        at += WriteBytes(room[at..], end);
        Added(at, 1);
    }

    /// <summary>The records of another behind one's own.</summary>
    public void Append(ReadOnlySpan<byte> batch)
    {
        ReadOnlySpan<byte> records = batch[HeaderSize..];
        records.CopyTo(Grow(records.Length));
        Added(records.Length, BinaryPrimitives.ReadUInt32LittleEndian(batch[CountAt..]));
    }

    /// <summary>Keeps memory for as many bytes.</summary>
    public void Clear(int keptBytes = SmallBytes)
    {
        if (_bytes.Length > keptBytes)
            _bytes = new byte[FirstBytes];
        _length = HeaderSize;
        _count = 0;
        _bytes.AsSpan(0, HeaderSize).Clear();
    }

    Span<byte> Grow(int more)
    {
        if (_length + more > _bytes.Length)
            MakeRoom(_length + more);
        return _bytes.AsSpan(_length, more);
    }

    void MakeRoom(int length)
    {
        int wanted = Math.Max(length, _bytes.Length * 2);
        if (wanted > SmallBytes)
            wanted = Math.Max(wanted, wholeBytes);
        byte[] larger = GC.AllocateUninitializedArray<byte>(wanted);
        Bytes.CopyTo(larger);
        _bytes = larger;
    }

    void Added(int length, uint count)
    {
        _length += length;
        _count += count;
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(CountAt), _count);
    }

    static int WriteBytes(Span<byte> into, ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        uint length = (uint)bytes.Length;
        for (; length >= 0x80; length >>= 7)
            into[at++] = (byte)(length | 0x80);
        into[at++] = (byte)length;
        bytes.CopyTo(into[at..]);
        return at + bytes.Length;
    }
}
