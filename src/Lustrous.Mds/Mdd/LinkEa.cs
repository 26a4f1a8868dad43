using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;

namespace Lustrous.Mds.Mdd;

/// <summary>
/// The names of an object as <c>trusted.link</c> keeps them: parent's FID and name of each hard link, so that a path
/// can be found for a FID. Works on the bytes of the attribute in a buffer of the caller.
/// </summary>
/// <remarks>Names that do not fit within <see cref="MaxSize"/> are left out and the overflow time is set. Source:
/// lustre/obdclass/linkea.c.</remarks>
public ref struct LinkEa
{
    /// <summary>Bytes the attribute has at most (<c>MAX_LINKEA_SIZE</c>).</summary>
    public const int MaxSize = 4096;

    const int HeaderSize = 24;
    const int EntrySize = 18;

    readonly Span<byte> _buffer;
    int _length;

    LinkEa(Span<byte> buffer, int length)
    {
        _buffer = buffer;
        _length = length;
    }

    /// <summary>The attribute's bytes.</summary>
    public readonly ReadOnlySpan<byte> Bytes => _buffer[.._length];

    public readonly int Count => (int)MemoryMarshal.Read<LinkEaHeader>(_buffer).RecordCount;

    /// <summary>Names are missing: the list once was full.</summary>
    public readonly bool HasOverflowed => MemoryMarshal.Read<LinkEaHeader>(_buffer).OverflowTime != 0;

    /// <summary>One without names.</summary>
    /// <param name="buffer">At least <see cref="MaxSize"/> bytes.</param>
    public static LinkEa New(Span<byte> buffer)
    {
        var header = new LinkEaHeader { Magic = LinkEaConst.LINK_EA_MAGIC, Length = HeaderSize };
        MemoryMarshal.Write(buffer, header);
        return new LinkEa(buffer, HeaderSize);
    }

    /// <summary>What was stored; a damaged one is taken as empty, so that its object can still be renamed and
    /// removed.</summary>
    /// <param name="buffer">At least <see cref="MaxSize"/> bytes, of which the first are the attribute.</param>
    /// <param name="length">Bytes of the attribute.</param>
    public static LinkEa Read(Span<byte> buffer, int length)
    {
        if (length < HeaderSize || length > MaxSize)
            return New(buffer);
        LinkEaHeader header = MemoryMarshal.Read<LinkEaHeader>(buffer);
        if (header.Magic != LinkEaConst.LINK_EA_MAGIC || header.Length > (ulong)length)
            return New(buffer);
        var ea = new LinkEa(buffer, (int)header.Length);
        uint count = 0;
        int offset = HeaderSize;
        while (ea.TryNext(ref offset, out _, out _))
            count++;
        return offset == ea._length && count == header.RecordCount ? ea : New(buffer);
    }

    /// <summary>Walks the names; <paramref name="offset"/> starts at 0.</summary>
    public readonly bool TryNext(ref int offset, out Fid parent, out ReadOnlySpan<byte> name)
    {
        if (offset == 0)
            offset = HeaderSize;
        parent = default;
        name = default;
        if (offset + EntrySize > _length)
            return false;
        int recordLength = BinaryPrimitives.ReadUInt16BigEndian(_buffer[offset..]);
        if (recordLength <= EntrySize || recordLength > _length - offset)
            return false;
        parent = ReadFid(_buffer[(offset + 2)..]);
        name = _buffer.Slice(offset + EntrySize, recordLength - EntrySize);
        offset += recordLength;
        return true;
    }

    /// <summary>Adds a name.</summary>
    /// <param name="parent">The directory.</param>
    /// <param name="name">At least one byte.</param>
    /// <param name="now">Seconds since 1970, for the case that there is no room.</param>
    public void Add(Fid parent, scoped ReadOnlySpan<byte> name, long now)
    {
        int recordLength = EntrySize + name.Length;
        ref LinkEaHeader header = ref MemoryMarshal.AsRef<LinkEaHeader>(_buffer);
        if (_length + recordLength > MaxSize)
        {
            header.OverflowTime = Math.Max(1, (uint)now);
            return;
        }
        Span<byte> entry = _buffer[_length..];
        BinaryPrimitives.WriteUInt16BigEndian(entry, (ushort)recordLength);
        WriteFid(entry[2..], parent);
        name.CopyTo(entry[EntrySize..]);
        _length += recordLength;
        header.RecordCount++;
        header.Length = (ulong)_length;
    }

    /// <summary>Takes a name out; false when it was not there.</summary>
    public bool Remove(Fid parent, scoped ReadOnlySpan<byte> name)
    {
        int offset = 0;
        int start = HeaderSize;
        while (TryNext(ref offset, out Fid entryParent, out ReadOnlySpan<byte> entryName))
        {
            if (entryParent == parent && entryName.SequenceEqual(name))
            {
                _buffer[offset.._length].CopyTo(_buffer[start..]);
                _length -= offset - start;
                ref LinkEaHeader header = ref MemoryMarshal.AsRef<LinkEaHeader>(_buffer);
                header.RecordCount--;
                header.Length = (ulong)_length;
                return true;
            }
            start = offset;
        }
        return false;
    }

    static Fid ReadFid(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]));

    static void WriteFid(Span<byte> bytes, Fid fid)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, fid.Sequence);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[8..], fid.ObjectId);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[12..], fid.Version);
    }
}
