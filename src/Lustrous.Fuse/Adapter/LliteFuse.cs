using Lustrous.Fuse.Protocol;
using Lustrous.Fuse.Protocol.Abi;
using Lustrous.Llite;

namespace Lustrous.Fuse.Adapter;

/// <summary>FUSE requests as calls of a <see cref="LliteMount"/>. What Llite answers at once is answered on the thread
/// that brought the request, and nothing is allocated.</summary>
/// <remarks>Build <see cref="FuseKernelCache"/> first, name it in <see cref="LliteMountOptions.Kernel"/>, then mount:
/// <c>await FuseSession.MountAsync(options, new LliteFuse(mount, cache))</c>.</remarks>
public sealed partial class LliteFuse : FuseFileSystem
{
    /// <summary>What is under a lock is good until we say otherwise: longer than any mount lives.</summary>
    const ulong Forever = uint.MaxValue;

    static readonly ValueTask<Errno> s_stale = new(Errno.ESTALE);
    static readonly ValueTask<Errno> s_badHandle = new(Errno.EBADF);

    readonly FuseKernelCache _cache;
    readonly ProcessGroups _groups = new();

    public LliteFuse(LliteMount mount, FuseKernelCache cache)
    {
        ArgumentNullException.ThrowIfNull(mount);
        ArgumentNullException.ThrowIfNull(cache);
        Mount = mount;
        _cache = cache;
    }

    public LliteMount Mount { get; }

    /// <summary>
    /// The kernel keeps ACLs, also that there is none; without this <c>ls -l</c> asks for them file by file. It then
    /// checks permissions itself, as it must where it walks names without asking us.
    /// </summary>
    public override FuseInitFlags WantedFlags => Mount.Options.FileLocks == FileLockScope.ThisNode
        ? FuseInitFlags.PosixAcl
        : FuseInitFlags.PosixAcl | FuseInitFlags.PosixLocks | FuseInitFlags.FlockLocks;

    public override void Started(FuseSession session) => _cache.Attach(session);

    public override void Destroyed() => _cache.Detach();

    public override void Forget(ulong nodeId, ulong lookups) => Mount.Forget(nodeId, lookups);

    Credentials Caller(FuseRequest request, uint umask = 0)
    {
        FuseInHeader header = request.Header;
        return new Credentials(header.Uid, header.Gid, umask, header.Pid, _groups);
    }

    static Errno ReplyEntry(FuseRequest request, in LliteEntry entry)
    {
        FillEntry(ref request.Reply<FuseEntryOut>(), entry);
        return Errno.OK;
    }

    static void FillEntry(ref FuseEntryOut reply, in LliteEntry entry)
    {
        reply.EntryValid = entry.EntryMayCache ? Forever : 0;
        if (entry.Inode is not { } inode)
            return;                        // node id 0: there is no such name, and that may be believed
        reply.NodeId = inode.NodeId;
        reply.Generation = 1;              // Llite never uses a node id again
        reply.AttrValid = entry.AttributesMayCache ? Forever : 0;
        FillAttributes(ref reply.Attr, entry.Attributes);
    }

    static Errno ReplyStat(FuseRequest request, in LliteStat stat)
    {
        ref FuseAttrOut reply = ref request.Reply<FuseAttrOut>();
        reply.AttrValid = stat.MayCache ? Forever : 0;
        FillAttributes(ref reply.Attr, stat.Attributes);
        return Errno.OK;
    }

    static void FillAttributes(ref FuseAttr reply, in LliteAttributes attributes)
    {
        reply.Ino = attributes.Ino;
        reply.Size = attributes.Size;
        reply.Blocks = attributes.Blocks;
        reply.Atime = attributes.Atime;
        reply.Mtime = attributes.Mtime;
        reply.Ctime = attributes.Ctime;
        reply.Mode = attributes.Mode;
        reply.Nlink = attributes.Nlink;
        reply.Uid = attributes.Uid;
        reply.Gid = attributes.Gid;
        reply.Rdev = attributes.Rdev;
        reply.BlockSize = attributes.BlockSize;
    }

    static ValueTask<Errno> Finish(FuseRequest request, ValueTask<Result<LliteEntry>> task)
    {
        return task.IsCompletedSuccessfully ? new(Reply(request, task.Result)) : LaterAsync(request, task);

        static Errno Reply(FuseRequest request, in Result<LliteEntry> done) =>
            done.Failed ? done.Error : ReplyEntry(request, done.Value);

        static async ValueTask<Errno> LaterAsync(FuseRequest request, ValueTask<Result<LliteEntry>> task) =>
            Reply(request, await task.ConfigureAwait(false));
    }

    static ValueTask<Errno> Finish(FuseRequest request, ValueTask<Result<LliteStat>> task)
    {
        return task.IsCompletedSuccessfully ? new(Reply(request, task.Result)) : LaterAsync(request, task);

        static Errno Reply(FuseRequest request, in Result<LliteStat> done) =>
            done.Failed ? done.Error : ReplyStat(request, done.Value);

        static async ValueTask<Errno> LaterAsync(FuseRequest request, ValueTask<Result<LliteStat>> task) =>
            Reply(request, await task.ConfigureAwait(false));
    }
}
