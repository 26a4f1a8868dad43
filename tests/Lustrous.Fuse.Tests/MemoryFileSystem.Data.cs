using System.Text;
using Lustrous.Fuse.Protocol;
using Lustrous.Fuse.Protocol.Abi;

namespace Lustrous.Fuse.Tests;

// Attributes, data, extended attributes.
sealed partial class MemoryFileSystem
{
    public override ValueTask<Errno> GetattrAsync(FuseRequest request, in FuseGetattrIn input)
    {
        lock (_lock)
            return Attributed(request, _nodes[request.NodeId]);
    }

    public override ValueTask<Errno> SetattrAsync(FuseRequest request, in FuseSetattrIn input)
    {
        lock (_lock)
        {
            Node node = _nodes[request.NodeId];
            if (input.Valid.HasFlag(FuseSetattrValid.Mode))
                node.Mode = node.Mode & Node.TypeMask | input.Mode & 0xFFF;
            if (input.Valid.HasFlag(FuseSetattrValid.Uid))
                node.Uid = input.Uid;
            if (input.Valid.HasFlag(FuseSetattrValid.Gid))
                node.Gid = input.Gid;
            if (input.Valid.HasFlag(FuseSetattrValid.Size) && input.Size > MaxSize)
                return Done(Errno.EFBIG);
            if (input.Valid.HasFlag(FuseSetattrValid.Size))
                Array.Resize(ref node.Data, (int)input.Size);
            if (input.Valid.HasFlag(FuseSetattrValid.Mtime))
                node.Mtime = input.Mtime;
            return Attributed(request, node);
        }
    }

    public override ValueTask<Errno> OpenAsync(FuseRequest request, in FuseOpenIn input)
    {
        lock (_lock)
        {
            if ((input.Flags & 0x200) != 0)                // O_TRUNC comes along (ATOMIC_O_TRUNC)
                _nodes[request.NodeId].Data = [];
            request.Reply<FuseOpenOut>().Flags = OpenFlags;
            return Done(Errno.OK);
        }
    }

    public override ValueTask<Errno> CreateAsync(FuseRequest request, in FuseCreateIn input, ReadOnlySpan<byte> name)
    {
        lock (_lock)
        {
            Node parent = _nodes[request.NodeId];
            if (name.Length > 255)
                return Done(Errno.ENAMETOOLONG);
            if (!parent.Children.TryGetValue(Text(name), out Node? node))
            {
                node = Add(parent, Text(name), Node.Regular | input.Mode & ~input.Umask & 0xFFF);
                (node.Uid, node.Gid) = (request.Header.Uid, request.Header.Gid);
            }
            ref FuseCreateOut reply = ref request.Reply<FuseCreateOut>();
            reply.Entry = Entry(node);
            reply.Open.Flags = OpenFlags;
            return Done(Errno.OK);
        }
    }

    public override ValueTask<Errno> ReadAsync(FuseRequest request, in FuseReadIn input)
    {
        lock (_lock)
        {
            Node node = _nodes[request.NodeId];
            if (_nodes[1].Children.TryGetValue("slow", out Node? slow) && slow == node)
                return WaitForSignalAsync(request.Cancel);
            LargestRead = Math.Max(LargestRead, (int)input.Size);
            int offset = (int)Math.Min(input.Offset, (ulong)node.Data.Length);
            int length = Math.Min((int)input.Size, node.Data.Length - offset);
            node.Data.AsSpan(offset, length).CopyTo(request.ReplyBuffer.Span);
            request.ReplyData(length);
            return Done(Errno.OK);
        }
    }

    public override ValueTask<Errno> WriteAsync(FuseRequest request, in FuseWriteIn input, IoVec data)
    {
        lock (_lock)
        {
            Node node = _nodes[request.NodeId];
            if (input.Offset > MaxSize)
                return Done(Errno.EFBIG);
            LargestWrite = Math.Max(LargestWrite, data.Length);
            int end = (int)input.Offset + data.Length;
            if (end > node.Data.Length)
                Array.Resize(ref node.Data, end);
            data.Span.CopyTo(node.Data.AsSpan((int)input.Offset));
            request.Reply<FuseWriteOut>().Size = (uint)data.Length;
            return Done(Errno.OK);
        }
    }

    public override ValueTask<Errno> FlushAsync(FuseRequest request, in FuseFlushIn input) => Done(Errno.OK);

    public override ValueTask<Errno> FsyncAsync(FuseRequest request, in FuseFsyncIn input) => Done(Errno.OK);

    public override ValueTask<Errno> StatfsAsync(FuseRequest request)
    {
        request.Reply<FuseStatfsOut>() = new FuseStatfsOut
        {
            Blocks = 1000,
            FreeBlocks = 600,
            AvailableBlocks = 500,
            BlockSize = 4096,
            FragmentSize = 4096,
            NameLength = 255,
        };
        return Done(Errno.OK);
    }

    public override ValueTask<Errno> SetxattrAsync(
        FuseRequest request, in FuseSetxattrIn input, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        lock (_lock)
            _nodes[request.NodeId].Xattrs[Text(name)] = value.ToArray();
        return Done(Errno.OK);
    }

    public override ValueTask<Errno> GetxattrAsync(FuseRequest request, int size, ReadOnlySpan<byte> name)
    {
        lock (_lock)
            return Done(_nodes[request.NodeId].Xattrs.TryGetValue(Text(name), out byte[]? value)
                ? Value(request, size, value) : Errno.ENODATA);
    }

    public override ValueTask<Errno> ListxattrAsync(FuseRequest request, int size)
    {
        lock (_lock)
        {
            IEnumerable<string> names = _nodes[request.NodeId].Xattrs.Keys;
            return Done(Value(request, size, Encoding.UTF8.GetBytes(string.Concat(names.Select(name => name + "\0")))));
        }
    }

    public override ValueTask<Errno> RemovexattrAsync(FuseRequest request, ReadOnlySpan<byte> name)
    {
        lock (_lock)
            return Done(_nodes[request.NodeId].Xattrs.Remove(Text(name)) ? Errno.OK : Errno.ENODATA);
    }

    static Errno Value(FuseRequest request, int size, byte[] value)
    {
        if (size == 0)
        {
            request.ReplyXattrSize(value.Length);
            return Errno.OK;
        }
        if (value.Length > size)
            return Errno.ERANGE;
        value.CopyTo(request.ReplyBuffer.Span);
        request.ReplyData(value.Length);
        return Errno.OK;
    }

    ValueTask<Errno> Attributed(FuseRequest request, Node node)
    {
        ref FuseAttrOut reply = ref request.Reply<FuseAttrOut>();
        reply.AttrValid = Validity;
        reply.Attr = Attributes(node);
        return Done(Errno.OK);
    }

    async ValueTask<Errno> WaitForSignalAsync(CancellationToken cancel)
    {
        SlowReadBegan.TrySetResult();
        if (SlowReadMayEnd is { } mayEnd)
            await mayEnd.Task;
        else
            await Task.Delay(Timeout.Infinite, cancel).ContinueWith(_ => { }, TaskScheduler.Default);
        Interlocked.Increment(ref Interrupted);
        return Errno.EINTR;
    }
}
