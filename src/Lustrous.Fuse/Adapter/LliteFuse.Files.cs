using Lustrous.Fuse.Protocol;
using Lustrous.Fuse.Protocol.Abi;
using Lustrous.Llite;

namespace Lustrous.Fuse.Adapter;

// Open files and their data.
public sealed partial class LliteFuse
{
    /// <summary>The kernel's __FMODE_EXEC, which it sends among the flags of an open.</summary>
    const uint KernelExecute = 0x20;

    /// <summary>O_WRONLY and O_RDWR.</summary>
    const uint WriteAccess = 3;

    public override ValueTask<Errno> OpenAsync(FuseRequest request, in FuseOpenIn input)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Mount.FindInode(request.NodeId) is not { } inode)
            return s_stale;
        LliteOpenFlags flags = Translate(input.Flags);
        ValueTask<Result<LliteOpened>> task = Mount.OpenAsync(inode, flags, Caller(request), request.Cancel);
        return task.IsCompletedSuccessfully ? new(Reply(request, task.Result)) : LaterAsync(request, task);

        Errno Reply(FuseRequest request, in Result<LliteOpened> done)
        {
            if (done.Failed)
                return done.Error;
            FillOpen(ref request.Reply<FuseOpenOut>(), done.Value);
            return Errno.OK;
        }

        async ValueTask<Errno> LaterAsync(FuseRequest request, ValueTask<Result<LliteOpened>> task) =>
            Reply(request, await task.ConfigureAwait(false));
    }

    public override ValueTask<Errno> CreateAsync(FuseRequest request, in FuseCreateIn input, ReadOnlySpan<byte> name)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Mount.FindInode(request.NodeId) is not { } parent)
            return s_stale;
        ValueTask<Result<LliteCreated>> task = Mount.CreateAsync(
            parent, name, input.Mode, Translate(input.Flags), Caller(request, input.Umask), request.Cancel);
        return task.IsCompletedSuccessfully ? new(Reply(request, task.Result)) : LaterAsync(request, task);

        Errno Reply(FuseRequest request, in Result<LliteCreated> done)
        {
            if (done.Failed)
                return done.Error;
            ref FuseCreateOut reply = ref request.Reply<FuseCreateOut>();
            FillEntry(ref reply.Entry, done.Value.Entry);
            FillOpen(ref reply.Open, done.Value.Opened);
            return Errno.OK;
        }

        async ValueTask<Errno> LaterAsync(FuseRequest request, ValueTask<Result<LliteCreated>> task) =>
            Reply(request, await task.ConfigureAwait(false));
    }

    public override ValueTask<Errno> ReadAsync(FuseRequest request, in FuseReadIn input)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Mount.FindFile(input.Handle) is not { } file)
            return s_badHandle;
        IoVec destination = request.ReplyBuffer.Slice(0, (int)input.Size);
        ValueTask<Result<int>> task = (input.ReadFlags & FuseReadIn.ForProgram) != 0
            ? Mount.ReadAsync(file, (long)input.Offset, destination, request.Cancel)
            : Mount.ReadPagesAsync(file, (long)input.Offset, destination, request.Cancel);
        return FinishData(request, task);
    }

    public override ValueTask<Errno> WriteAsync(FuseRequest request, in FuseWriteIn input, IoVec data)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Mount.FindFile(input.Handle) is not { } file)
            return s_badHandle;
        LliteWriteFlags flags = LliteWriteFlags.None;
        if (input.WriteFlags.HasFlag(FuseWriteFlags.Cache))
            flags |= LliteWriteFlags.WriteBack;
        if (input.WriteFlags.HasFlag(FuseWriteFlags.KillSuidGid))
            flags |= LliteWriteFlags.KillSuidSgid;
        ValueTask<Result<int>> task = Mount.WriteAsync(
            file, (long)input.Offset, data, flags, Caller(request), request.Cancel);
        return task.IsCompletedSuccessfully ? new(Reply(request, task.Result)) : LaterAsync(request, task);

        static Errno Reply(FuseRequest request, in Result<int> done)
        {
            if (done.Failed)
                return done.Error;
            request.Reply<FuseWriteOut>().Size = (uint)done.Value;
            return Errno.OK;
        }

        static async ValueTask<Errno> LaterAsync(FuseRequest request, ValueTask<Result<int>> task) =>
            Reply(request, await task.ConfigureAwait(false));
    }

    public override ValueTask<Errno> FlushAsync(FuseRequest request, in FuseFlushIn input)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Mount.FindFile(input.Handle) is { } file ? Mount.FlushAsync(file, input.LockOwner) : s_badHandle;
    }

    public override ValueTask<Errno> ReleaseAsync(FuseRequest request, in FuseReleaseIn input) =>
        Mount.FindFile(input.Handle) is { } file ? Mount.ReleaseAsync(file) : s_badHandle;

    public override ValueTask<Errno> FsyncAsync(FuseRequest request, in FuseFsyncIn input)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Mount.FindFile(input.Handle) is { } file
            ? Mount.FsyncAsync(file, (input.Flags & 1) != 0, request.Cancel)
            : s_badHandle;
    }

    public override ValueTask<Errno> FallocateAsync(FuseRequest request, in FuseFallocateIn input)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Mount.FindFile(input.Handle) is { } file
            ? Mount.FallocateAsync(
                file, input.Mode, (long)input.Offset, (long)input.Length, Caller(request), request.Cancel)
            : s_badHandle;
    }

    public override ValueTask<Errno> LseekAsync(FuseRequest request, in FuseLseekIn input)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Mount.FindFile(input.Handle) is not { } file)
            return s_badHandle;
        return LaterAsync(
            request, Mount.LseekAsync(file, (long)input.Offset, (int)input.Whence, request.Cancel));

        static async ValueTask<Errno> LaterAsync(FuseRequest request, ValueTask<Result<long>> task)
        {
            Result<long> done = await task.ConfigureAwait(false);
            if (done.Failed)
                return done.Error;
            request.Reply<FuseLseekOut>().Offset = (ulong)done.Value;
            return Errno.OK;
        }
    }

    static ValueTask<Errno> FinishData(FuseRequest request, ValueTask<Result<int>> task)
    {
        return task.IsCompletedSuccessfully ? new(Reply(request, task.Result)) : LaterAsync(request, task);

        static Errno Reply(FuseRequest request, in Result<int> done)
        {
            if (done.Failed)
                return done.Error;
            request.ReplyData(done.Value);
            return Errno.OK;
        }

        static async ValueTask<Errno> LaterAsync(FuseRequest request, ValueTask<Result<int>> task) =>
            Reply(request, await task.ConfigureAwait(false));
    }

    void FillOpen(ref FuseOpenOut reply, in LliteOpened opened)
    {
        reply.Handle = opened.File.Handle;
        bool writes = ((uint)opened.File.Flags & WriteAccess) != 0;
        // Whoever writes goes past the page cache: twice the rate, and no page is locked while a write waits for its
        // lock, which would keep the page from being taken back. Mapped files go through it all the same.
        if (writes || opened.DirectIo)
            reply.Flags |= FuseOpenFlags.DirectIo | FuseOpenFlags.ParallelDirectWrites;
        if (opened.KeepCache)
            reply.Flags |= FuseOpenFlags.KeepCache;
        if (!writes && !_locksRanges)
            reply.Flags |= FuseOpenFlags.NoFlush;         // nothing was written whose error close could tell
    }

    static LliteOpenFlags Translate(uint flags)
    {
        var translated = (LliteOpenFlags)(flags & ~KernelExecute);
        return (flags & KernelExecute) != 0 ? translated | LliteOpenFlags.Execute : translated;
    }
}
