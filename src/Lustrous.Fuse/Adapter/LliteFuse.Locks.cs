using Lustrous.Fuse.Protocol;
using Lustrous.Fuse.Protocol.Abi;
using Lustrous.Llite;

namespace Lustrous.Fuse.Adapter;

// flock(2) and fcntl(2).
public sealed partial class LliteFuse
{
    // Somebody locked a range once: from then on the kernel tells us of every descriptor that is closed, because
    // closing gives the process's locks back. It cannot be told so of files that are open already.
    volatile bool _locksRanges;

    public override ValueTask<Errno> SetLockAsync(FuseRequest request, in FuseLockIn input, bool mayWait)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Mount.FindFile(input.Handle) is not { } file)
            return s_badHandle;
        if (!TryTranslate(input, out LliteFileLock wanted))
            return new(Errno.EINVAL);
        if (Mount.Options.FileLocks == FileLockScope.Refused)
            return new(Errno.ENOSYS);
        if ((input.Flags & FuseLockIn.Flock) == 0)
            _locksRanges = true;
        // A ring has so many slots; one must be left for whoever gives the lock back.
        bool waits = mayWait && wanted.Type != FileLockType.Unlock;
        return waits && !request.TryHold()
            ? new(Errno.ENOLCK)
            : Mount.LockAsync(file, wanted, mayWait, waits ? request.Cancel : default);
    }

    public override ValueTask<Errno> GetLockAsync(FuseRequest request, in FuseLockIn input)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Mount.FindFile(input.Handle) is not { } file)
            return s_badHandle;
        if (!TryTranslate(input, out LliteFileLock wanted))
            return new(Errno.EINVAL);
        return Mount.Options.FileLocks == FileLockScope.Refused
            ? new(Errno.ENOSYS)
            : ReplyAsync(request, Mount.TestLockAsync(file, wanted, request.Cancel));

        static async ValueTask<Errno> ReplyAsync(FuseRequest request, ValueTask<Result<LliteFileLock>> task)
        {
            Result<LliteFileLock> found = await task.ConfigureAwait(false);
            if (found.Failed)
                return found.Error;
            request.Reply<FuseLockOut>().Lock = new FuseFileLock
            {
                Start = found.Value.Start,
                End = found.Value.End,
                Pid = found.Value.Pid,
                Type = (uint)found.Value.Type,
            };
            return Errno.OK;
        }
    }

    // The types have the same values as Linux's.
    static bool TryTranslate(in FuseLockIn input, out LliteFileLock wanted)
    {
        FuseFileLock range = input.Lock;
        wanted = new LliteFileLock((FileLockType)range.Type, range.Start, range.End, input.Owner, range.Pid);
        return range.Type <= (uint)FileLockType.Unlock && range.Start <= range.End;
    }
}
