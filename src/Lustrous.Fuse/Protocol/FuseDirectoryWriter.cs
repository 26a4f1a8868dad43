using System.Runtime.InteropServices;
using Lustrous.Fuse.Protocol.Abi;

namespace Lustrous.Fuse.Protocol;

/// <summary>Writes lines of READDIR and READDIRPLUS into the reply of a request, as long as there is room.</summary>
public unsafe struct FuseDirectoryWriter
{
    readonly FuseRequest _request;
    readonly int _capacity;
    int _length;

    /// <summary>At most <paramref name="size"/> bytes, which is what the kernel asked for.</summary>
    public FuseDirectoryWriter(FuseRequest request, uint size)
    {
        ArgumentNullException.ThrowIfNull(request);
        _request = request;
        _capacity = (int)Math.Min(size, (uint)request.ReplyBuffer.Length);
        request.ReplyData(0);
    }

    /// <summary>Bytes written.</summary>
    public readonly int Length => _length;

    /// <summary>A line without attributes; false when it no longer fits.</summary>
    public bool Add(ReadOnlySpan<byte> name, ulong ino, uint type, ulong nextCookie)
    {
        int size = Align(FuseDirent.WireSize + name.Length);
        if (size > _capacity - _length)
            return false;
        Put(_length, name, ino, type, nextCookie);
        Advance(size);
        return true;
    }

    /// <summary>A line with its attributes (READDIRPLUS). An entry with node id 0 says nothing of them.</summary>
    public bool AddPlus(
        ReadOnlySpan<byte> name, ulong ino, uint type, ulong nextCookie, in FuseEntryOut entry)
    {
        int size = Align(FuseEntryOut.WireSize + FuseDirent.WireSize + name.Length);
        if (size > _capacity - _length)
            return false;
        MemoryMarshal.Write(_request.ReplyBuffer.Span[_length..], entry);
        Put(_length + FuseEntryOut.WireSize, name, ino, type, nextCookie);
        Advance(size);
        return true;
    }

    /// <summary>Whether a line with attributes and a name of this length fits.</summary>
    public readonly bool HasRoomPlus(int nameLength) =>
        Align(FuseEntryOut.WireSize + FuseDirent.WireSize + nameLength) <= _capacity - _length;

    readonly void Put(int offset, ReadOnlySpan<byte> name, ulong ino, uint type, ulong nextCookie)
    {
        Span<byte> line = _request.ReplyBuffer.Span[offset..];
        MemoryMarshal.Write(line, new FuseDirent
        {
            Ino = ino,
            Offset = nextCookie,
            NameLength = (uint)name.Length,
            Type = type >> 12 & 15,
        });
        name.CopyTo(line[FuseDirent.WireSize..]);
        int end = FuseDirent.WireSize + name.Length;
        line[end..Align(end)].Clear();
    }

    void Advance(int size)
    {
        _length += size;
        _request.ReplyData(_length);
    }

    static int Align(int size) => (size + 7) & ~7;
}
