using Lustrous.Fuse.Protocol;
using Lustrous.Fuse.Protocol.Abi;
using Lustrous.Llite;

namespace Lustrous.Fuse.Adapter;

// Names and directories.
public sealed partial class LliteFuse
{
    public override ValueTask<Errno> LookupAsync(FuseRequest request, ReadOnlySpan<byte> name)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Mount.FindInode(request.NodeId) is { } parent
            ? Finish(request, Mount.LookupAsync(parent, name, Caller(request), request.Cancel))
            : s_stale;
    }

    public override ValueTask<Errno> MkdirAsync(FuseRequest request, in FuseMkdirIn input, ReadOnlySpan<byte> name)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Mount.FindInode(request.NodeId) is { } parent
            ? Finish(request, Mount.MkdirAsync(
                parent, name, FileType.Directory | input.Mode, Caller(request, input.Umask), request.Cancel))
            : s_stale;
    }

    public override ValueTask<Errno> MknodAsync(FuseRequest request, in FuseMknodIn input, ReadOnlySpan<byte> name)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Mount.FindInode(request.NodeId) is { } parent
            ? Finish(request, Mount.MknodAsync(
                parent, name, input.Mode, input.Rdev, Caller(request, input.Umask), request.Cancel))
            : s_stale;
    }

    public override ValueTask<Errno> SymlinkAsync(
        FuseRequest request, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Mount.FindInode(request.NodeId) is { } parent
            ? Finish(request, Mount.SymlinkAsync(parent, name, target, Caller(request), request.Cancel))
            : s_stale;
    }

    public override ValueTask<Errno> LinkAsync(FuseRequest request, ulong oldNodeId, ReadOnlySpan<byte> newName)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Mount.FindInode(oldNodeId) is { } inode && Mount.FindInode(request.NodeId) is { } parent
            ? Finish(request, Mount.LinkAsync(inode, parent, newName, Caller(request), request.Cancel))
            : s_stale;
    }

    public override ValueTask<Errno> UnlinkAsync(FuseRequest request, ReadOnlySpan<byte> name)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Mount.FindInode(request.NodeId) is { } parent
            ? Mount.UnlinkAsync(parent, name, Caller(request), request.Cancel)
            : s_stale;
    }

    public override ValueTask<Errno> RmdirAsync(FuseRequest request, ReadOnlySpan<byte> name)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Mount.FindInode(request.NodeId) is { } parent
            ? Mount.RmdirAsync(parent, name, Caller(request), request.Cancel)
            : s_stale;
    }

    public override ValueTask<Errno> RenameAsync(
        FuseRequest request, ReadOnlySpan<byte> name, ulong newParent, ReadOnlySpan<byte> newName, uint flags)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Mount.FindInode(request.NodeId) is { } parent && Mount.FindInode(newParent) is { } target
            ? Mount.RenameAsync(parent, name, target, newName, flags, Caller(request), request.Cancel)
            : s_stale;
    }

    public override ValueTask<Errno> ReadlinkAsync(FuseRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Mount.FindInode(request.NodeId) is not { } inode)
            return s_stale;
        ValueTask<Result<ReadOnlyMemory<byte>>> task = Mount.ReadlinkAsync(inode, Caller(request), request.Cancel);
        return task.IsCompletedSuccessfully ? new(Reply(request, task.Result)) : LaterAsync(request, task);

        static Errno Reply(FuseRequest request, in Result<ReadOnlyMemory<byte>> done)
        {
            if (done.Failed)
                return done.Error;
            ReadOnlySpan<byte> target = done.Value.Span;
            if (target.Length > request.ReplyBuffer.Length)
                return Errno.ENAMETOOLONG;
            target.CopyTo(request.ReplyBuffer.Span);
            request.ReplyData(target.Length);
            return Errno.OK;
        }

        static async ValueTask<Errno> LaterAsync(FuseRequest request, ValueTask<Result<ReadOnlyMemory<byte>>> task) =>
            Reply(request, await task.ConfigureAwait(false));
    }

    /// <summary>The kernel opens directories without us and keeps their lines; Llite takes them back with the
    /// lock.</summary>
    public override ValueTask<Errno> OpendirAsync(FuseRequest request, in FuseOpenIn input) => new(Errno.ENOSYS);

    public override ValueTask<Errno> ReaddirAsync(FuseRequest request, in FuseReadIn input, bool plus)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Mount.FindInode(request.NodeId) is not { } directory)
            return s_stale;
        var filler = new DirectoryFiller(request, input.Size, plus);
        _cache.ReaddirBegins(directory);
        ValueTask<Errno> task = Mount.ReaddirAsync(
            directory, Mount.FindFile(input.Handle), input.Offset, plus, filler, Caller(request), request.Cancel);
        return FinishReaddirAsync(directory, task);
    }

    async ValueTask<Errno> FinishReaddirAsync(LliteInode directory, ValueTask<Errno> task)
    {
        try
        {
            return await task.ConfigureAwait(false);
        }
        finally
        {
            _cache.ReaddirEnds(directory);
        }
    }

    public override ValueTask<Errno> FsyncdirAsync(FuseRequest request, in FuseFsyncIn input)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Mount.FindInode(request.NodeId) is { } directory
            ? Mount.FsyncAsync(directory, request.Cancel)
            : s_stale;
    }

    /// <summary>Directory lines of Llite as lines of a reply.</summary>
    sealed class DirectoryFiller(FuseRequest request, uint size, bool plus) : IDirectoryFiller
    {
        FuseDirectoryWriter _writer = new(request, size);

        public bool Add(in LliteDirectoryEntry entry)
        {
            if (!plus)
                return _writer.Add(entry.Name, entry.Ino, entry.Type, entry.NextCookie);
            FuseEntryOut reply = default;
            if (entry.Entry.Inode is not null)
                FillEntry(ref reply, entry.Entry);
            return _writer.AddPlus(entry.Name, entry.Ino, entry.Type, entry.NextCookie, reply);
        }
    }
}
