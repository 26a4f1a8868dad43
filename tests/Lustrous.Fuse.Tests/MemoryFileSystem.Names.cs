using Lustrous.Fuse.Protocol;
using Lustrous.Fuse.Protocol.Abi;

namespace Lustrous.Fuse.Tests;

// Names and directories.
sealed partial class MemoryFileSystem
{
    public override ValueTask<Errno> LookupAsync(FuseRequest request, ReadOnlySpan<byte> name)
    {
        lock (_lock)
        {
            if (!_nodes[request.NodeId].Children.TryGetValue(Text(name), out Node? node))
                return Done(Errno.ENOENT);
            request.Reply<FuseEntryOut>() = Entry(node);
            return Done(Errno.OK);
        }
    }

    public override ValueTask<Errno> MkdirAsync(FuseRequest request, in FuseMkdirIn input, ReadOnlySpan<byte> name) =>
        name.SequenceEqual("blocked"u8)
            ? WaitAndMakeAsync(request, Node.Directory | 0x1ED)
            : Make(request, name, Node.Directory | input.Mode & ~input.Umask & 0xFFF);

    async ValueTask<Errno> WaitAndMakeAsync(FuseRequest request, uint mode)
    {
        MkdirBegan.TrySetResult();
        await MkdirMayEnd.Task;
        return await Make(request, "blocked"u8, mode);
    }

    public override ValueTask<Errno> MknodAsync(FuseRequest request, in FuseMknodIn input, ReadOnlySpan<byte> name) =>
        Make(request, name, input.Mode & ~input.Umask);

    public override ValueTask<Errno> SymlinkAsync(
        FuseRequest request, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target)
    {
        byte[] data = target.ToArray();
        return Make(request, name, Node.Symlink | 0x1FF, data);
    }

    public override ValueTask<Errno> ReadlinkAsync(FuseRequest request)
    {
        lock (_lock)
        {
            byte[] target = _nodes[request.NodeId].Data;
            target.CopyTo(request.ReplyBuffer.Span);
            request.ReplyData(target.Length);
            return Done(Errno.OK);
        }
    }

    public override ValueTask<Errno> LinkAsync(FuseRequest request, ulong oldNodeId, ReadOnlySpan<byte> newName)
    {
        lock (_lock)
        {
            Node node = _nodes[oldNodeId];
            if (!_nodes[request.NodeId].Children.TryAdd(Text(newName), node))
                return Done(Errno.EEXIST);
            node.Links++;
            request.Reply<FuseEntryOut>() = Entry(node);
            return Done(Errno.OK);
        }
    }

    public override ValueTask<Errno> UnlinkAsync(FuseRequest request, ReadOnlySpan<byte> name) =>
        Done(Remove(request.NodeId, Text(name), directory: false));

    public override ValueTask<Errno> RmdirAsync(FuseRequest request, ReadOnlySpan<byte> name) =>
        Done(Remove(request.NodeId, Text(name), directory: true));

    public override ValueTask<Errno> RenameAsync(
        FuseRequest request, ReadOnlySpan<byte> name, ulong newParent, ReadOnlySpan<byte> newName, uint flags)
    {
        lock (_lock)
        {
            Node from = _nodes[request.NodeId], to = _nodes[newParent];
            string source = Text(name), target = Text(newName);
            if (!from.Children.TryGetValue(source, out Node? node))
                return Done(Errno.ENOENT);
            if (to.Children.TryGetValue(target, out Node? there))
            {
                if (flags == 1)
                    return Done(Errno.EEXIST);
                Unlink(to, target, there);
            }
            from.Children.Remove(source);
            to.Children[target] = node;
            return Done(Errno.OK);
        }
    }

    public override ValueTask<Errno> OpendirAsync(FuseRequest request, in FuseOpenIn input)
    {
        request.Reply<FuseOpenOut>().Flags = FuseOpenFlags.None;
        return Done(KernelOpensDirectories ? Errno.ENOSYS : Errno.OK);
    }

    public override ValueTask<Errno> ReaddirAsync(FuseRequest request, in FuseReadIn input, bool plus)
    {
        var writer = new FuseDirectoryWriter(request, input.Size);
        lock (_lock)
        {
            ulong cookie = 0;
            foreach ((string name, Node node) in _nodes[request.NodeId].Children)
            {
                if (++cookie <= input.Offset)
                    continue;
                byte[] bytes = System.Text.Encoding.UTF8.GetBytes(name);
                if (plus && !writer.HasRoomPlus(bytes.Length))
                    break;
                if (plus)
                    PlusLines++;
                if (plus ? !writer.AddPlus(bytes, node.Id, node.Mode, cookie, Entry(node))
                         : !writer.Add(bytes, node.Id, node.Mode, cookie))
                    break;
            }
        }
        return Done(Errno.OK);
    }

    ValueTask<Errno> Make(FuseRequest request, ReadOnlySpan<byte> name, uint mode, byte[]? data = null)
    {
        lock (_lock)
        {
            Node parent = _nodes[request.NodeId];
            if (name.Length > 255)
                return Done(Errno.ENAMETOOLONG);
            if (parent.Children.ContainsKey(Text(name)))
                return Done(Errno.EEXIST);
            Node node = Add(parent, Text(name), mode);
            node.Data = data ?? [];
            (node.Uid, node.Gid) = (request.Header.Uid, request.Header.Gid);
            request.Reply<FuseEntryOut>() = Entry(node);
            return Done(Errno.OK);
        }
    }

    Errno Remove(ulong parentId, string name, bool directory)
    {
        lock (_lock)
        {
            Node parent = _nodes[parentId];
            if (!parent.Children.TryGetValue(name, out Node? node))
                return Errno.ENOENT;
            if (directory && node.Children.Count > 0)
                return Errno.ENOTEMPTY;
            Unlink(parent, name, node);
            return Errno.OK;
        }
    }

    void Unlink(Node parent, string name, Node node)
    {
        parent.Children.Remove(name);
        node.Links = (node.Mode & Node.TypeMask) == Node.Directory ? 0 : node.Links - 1;
        Release(node, 0);
    }
}
