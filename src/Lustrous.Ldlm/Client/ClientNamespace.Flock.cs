using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Ldlm.Client;

// File locks of this client's processes: the server decides, and here is kept what it has granted. Source:
// ldlm_flock_completion_ast of lustre/ldlm/ldlm_flock.c.
public sealed partial class ClientNamespace
{
    readonly FileLockTable _fileLocks = new();

    /// <summary>Ranges that processes hold.</summary>
    public int FileLockCount => _fileLocks.Count;

    /// <summary>Whether an owner holds anything of a file; one that does not need not give anything back.</summary>
    public bool HasFileLocks(in LdlmResId file, ulong owner) => _fileLocks.Has(file, owner);

    /// <summary>
    /// Takes a range, changes its mode or gives it back (mode NL); waits until nobody is in the way.
    /// </summary>
    /// <param name="file">The file's resource of locks (<see cref="LdlmResId.ForFileLocks"/>).</param>
    /// <param name="wanted">What, and for whom.</param>
    /// <param name="mayWait">EAGAIN instead of waiting otherwise.</param>
    /// <param name="cancel">Gives the wait up, unless the lock has just been granted.</param>
    /// <returns>EDEADLK when the wait would never end; EINTR; EIO after an eviction; else the server's.</returns>
    public async ValueTask<Errno> LockFileAsync(
        LdlmResId file, FileLock wanted, bool mayWait, CancellationToken cancel)
    {
        EnqueueResult result = await EnqueueAsync(
            new LockRequest
            {
                Resource = file,
                Type = LockType.Flock,
                Mode = wanted.Mode,
                Policy = LockPolicies.Flock(wanted),
                Flags = mayWait ? 0 : LockFlags.BLOCK_NOWAIT,
                Callbacks = new Recorder(_fileLocks),
            }, cancel);
        if (result.Status != Errno.OK)
            return result.Status;
        if (result.Lock is not { } granted)
            return Errno.EPROTO;
        bool isLost = granted.IsFailed;
        EndFileLock(granted);
        return isLost ? Errno.EIO : Errno.OK;
    }

    /// <summary>Who would be in the way of a lock (F_GETLK): one of that one's ranges, or mode NL for nobody.</summary>
    public async ValueTask<Result<FileLock>> TestFileLockAsync(
        LdlmResId file, FileLock wanted, CancellationToken cancel)
    {
        EnqueueResult result = await EnqueueAsync(
            new LockRequest
            {
                Resource = file,
                Type = LockType.Flock,
                Mode = wanted.Mode,
                Policy = LockPolicies.Flock(wanted),
                Flags = LockFlags.TEST_LOCK,
                Callbacks = new Recorder(null),
            }, cancel);
        if (result.Status != Errno.OK)
            return result.Status;
        if (result.Lock is not { } answer)
            return Errno.EPROTO;
        FileLock found = ToFileLock(answer);
        EndFileLock(answer);
        return found;
    }

    static FileLock ToFileLock(ClientLock held)
    {
        LdlmFlockWire range = held.Policy.Flock;
        return new FileLock
        {
            Mode = held.GrantedMode != 0 ? held.GrantedMode : held.RequestedMode,
            Start = range.Start,
            End = range.End,
            Owner = range.Owner,
            Pid = range.Pid,
        };
    }

    /// <summary>The table has it: the lock itself is needed no more, and the server is not told.</summary>
    void EndFileLock(ClientLock granted)
    {
        using (granted.Enter())
        {
            granted.Count(granted.GrantedMode, -1);
            if (!granted.TryEnd())
                return;
            granted.InResource.Remove(granted);
            PutLocked(granted.InResource);
        }
        Node.Forget(granted);
        Interlocked.Decrement(ref _lockCount);
    }

    async ValueTask<Errno> ReplayFileLocksAsync(CancellationToken cancel)
    {
        foreach ((LdlmResId file, FileLock range) in _fileLocks.ToList())
        {
            using PtlrpcRequest request = Import.NewRequest(RequestFormats.LdlmEnqueue);
            request.SendState = ImportState.ReplayLocks;
            request.NoDelay = true;
            request.SetReplySize(Rmf.DlmLvb, 0);
            request.Pack();
            var body = new LdlmRequest
            {
                Flags = (uint)(LockFlags.REPLAY | LockFlags.BLOCK_GRANTED),
                Count = 1,
                Desc = new LdlmLockDesc
                {
                    Resource = new LdlmResourceDesc { Type = LockType.Flock, Name = file },
                    RequestedMode = range.Mode,
                    GrantedMode = range.Mode,
                    PolicyData = LockPolicies.Flock(range),
                },
            };
            Write(request, body, [Node.NewCookie()]);
            Errno status = await request.SendAsync(cancel);
            if (status != Errno.OK)
                return status;
        }
        return Errno.OK;
    }

    /// <summary>Wakes whoever waits for a lock, not on the stack of the server's callback.</summary>
    internal void Tell(TaskCompletionSource<Errno> waiting, Errno what) => Context.Work.Post(
        static state =>
        {
            (TaskCompletionSource<Errno> source, Errno told) = ((TaskCompletionSource<Errno>, Errno))state!;
            source.TrySetResult(told);
        },
        (waiting, what));

    /// <summary>Notes what is granted before anybody else can know: a restarted server is told of either the lock or
    /// the range.</summary>
    sealed class Recorder(FileLockTable? table) : ILockCallbacks
    {
        public void Granted(ClientLock granted, ReadOnlySpan<byte> lvb) =>
            table?.Apply(granted.Resource, ToFileLock(granted));

        public ValueTask LosingAsync(ClientLock losing, InodeBits bits, LockLoss loss) => ValueTask.CompletedTask;

        public void Blocked(ClientLock blocked)
        {
            // File locks are not asked back.
        }

        public int Glimpse(ClientLock held, Span<byte> lvb) => 0;

        public bool MayDrop(ClientLock unused) => false;
    }
}
