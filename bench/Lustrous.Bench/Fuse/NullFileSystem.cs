using Lustrous.Fuse.Protocol;
using Lustrous.Fuse.Protocol.Abi;
using Lustrous.Libcfs;

namespace Lustrous.Bench.Fuse;

/// <summary>
/// What FUSE itself costs: one file, "data", of half a gibibyte of memory, and names "s0", "s1", … of
/// empty files that are looked up each time. No locks, no servers, no checks.
/// </summary>
sealed class NullFileSystem : FuseFileSystem
{
    const int MemorySize = 512 << 20;   // as much as is written: what fits a processor's cache would flatter it
    const ulong Data = 2, FirstSmall = 1000;
    const uint Directory = 0x41ED, Regular = 0x81A4;

    readonly BufferPool _pool = new();
    readonly PooledBuffer[] _memory;
    ulong _size;

    public NullFileSystem()
    {
        _memory = new PooledBuffer[MemorySize / BufferPool.MaxSize];
        for (int i = 0; i < _memory.Length; i++)
        {
            _memory[i] = _pool.Take(BufferPool.MaxSize);
            _memory[i].Span.Clear();
        }
    }

    /// <summary>Past the page cache, as large files of Lustrous are; else through it.</summary>
    public bool DirectIo { get; init; } = true;

    public override ValueTask<Errno> LookupAsync(FuseRequest request, ReadOnlySpan<byte> name)
    {
        ulong node = name.SequenceEqual("data"u8) ? Data
            : name.Length > 1 && name[0] == 's' ? FirstSmall + (ulong)name[1] : 0;
        if (node == 0)
            return new(Errno.ENOENT);
        request.Reply<FuseEntryOut>() = Entry(node);
        return new(Errno.OK);
    }

    public override ValueTask<Errno> GetattrAsync(FuseRequest request, in FuseGetattrIn input)
    {
        ref FuseAttrOut reply = ref request.Reply<FuseAttrOut>();
        reply.Attr = Attributes(request.NodeId);
        return new(Errno.OK);
    }

    public override ValueTask<Errno> SetattrAsync(FuseRequest request, in FuseSetattrIn input)
    {
        if (input.Valid.HasFlag(FuseSetattrValid.Size))
            _size = input.Size;
        request.Reply<FuseAttrOut>().Attr = Attributes(request.NodeId);
        return new(Errno.OK);
    }

    public override ValueTask<Errno> CreateAsync(FuseRequest request, in FuseCreateIn input, ReadOnlySpan<byte> name)
    {
        ref FuseCreateOut reply = ref request.Reply<FuseCreateOut>();
        reply.Entry = Entry(name.SequenceEqual("data"u8) ? Data : FirstSmall);
        reply.Open.Flags = Flags;
        return new(Errno.OK);
    }

    public override ValueTask<Errno> OpenAsync(FuseRequest request, in FuseOpenIn input)
    {
        if ((input.Flags & 0x200) != 0)
            _size = 0;
        request.Reply<FuseOpenOut>().Flags = Flags;
        return new(Errno.OK);
    }

    public override ValueTask<Errno> UnlinkAsync(FuseRequest request, ReadOnlySpan<byte> name) => new(Errno.OK);

    public override ValueTask<Errno> FlushAsync(FuseRequest request, in FuseFlushIn input) => new(Errno.OK);

    public override ValueTask<Errno> ReadAsync(FuseRequest request, in FuseReadIn input)
    {
        int length = (int)Math.Min(input.Size, _size - Math.Min(_size, input.Offset));
        Copy(input.Offset, request.ReplyBuffer.Span[..length], isWrite: false);
        request.ReplyData(length);
        return new(Errno.OK);
    }

    public override ValueTask<Errno> WriteAsync(FuseRequest request, in FuseWriteIn input, IoVec data)
    {
        Copy(input.Offset, data.Span, isWrite: true);
        _size = Math.Max(_size, input.Offset + (ulong)data.Length);
        request.Reply<FuseWriteOut>().Size = (uint)data.Length;
        return new(Errno.OK);
    }

    FuseOpenFlags Flags => DirectIo ? FuseOpenFlags.DirectIo : FuseOpenFlags.None;

    void Copy(ulong offset, Span<byte> data, bool isWrite)
    {
        while (!data.IsEmpty)
        {
            int at = (int)(offset % MemorySize);
            Span<byte> memory = _memory[at / BufferPool.MaxSize].Span[(at % BufferPool.MaxSize)..];
            int length = Math.Min(data.Length, memory.Length);
            if (isWrite)
                data[..length].CopyTo(memory);
            else
                memory[..length].CopyTo(data);
            data = data[length..];
            offset += (ulong)length;
        }
    }

    FuseEntryOut Entry(ulong node) => new() { NodeId = node, Generation = 1, Attr = Attributes(node) };

    FuseAttr Attributes(ulong node) => new()
    {
        Ino = node,
        Mode = node == 1 ? Directory : Regular,
        Nlink = 1,
        Size = node == Data ? _size : 0,
        BlockSize = 1 << 20,
    };
}
