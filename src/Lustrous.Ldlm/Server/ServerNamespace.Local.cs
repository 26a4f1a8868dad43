using Lustrous.Idl.Ldlm;

namespace Lustrous.Ldlm.Server;

// The server's own locks: they wait for clients, and clients for them; nobody is told to give one back.
public sealed partial class ServerNamespace
{
    /// <summary>
    /// Takes a lock for the server itself (<c>ldlm_cli_enqueue_local</c>): waits until clients have given back what is
    /// in the way. Ends synchronously when nothing is.
    /// </summary>
    /// <param name="resource">What to lock.</param>
    /// <param name="type">The policy.</param>
    /// <param name="mode">How.</param>
    /// <param name="policy">How much of it; see <see cref="LockPolicies"/>.</param>
    /// <param name="flags">BLOCK_NOWAIT: EAGAIN (EWOULDBLOCK) instead of waiting.</param>
    /// <param name="cancel">Ends the wait with EINTR.</param>
    /// <returns>The lock, to be given back with <see cref="Release"/> or handed to a client with
    /// <see cref="ServerEnqueue.Replace"/>.</returns>
    public ValueTask<Result<ServerLock>> EnqueueLocalAsync(
        in LdlmResId resource, LockType type, LockMode mode, in LdlmPolicyData policy, LockFlags flags,
        CancellationToken cancel)
    {
        if (!LockModes.IsSingle(mode) || type == LockType.Flock)
            return new(Errno.EINVAL);
        Result<ServerResource> found = Get(resource, type);
        if (found.Failed)
            return new(found.Error);
        ServerLock made = NewLock(found.Value, export: null, mode, policy, flags);
        LockActions actions = TakeActions();
        EnqueueOutcome outcome;
        using (found.Value.Lock.Enter())
        {
            outcome = found.Value.Queues.Enqueue(made, (flags & LockFlags.BLOCK_NOWAIT) != 0, actions);
            if (outcome == EnqueueOutcome.Waiting)
                made.Completion = new TaskCompletionSource<Errno>();
        }
        switch (outcome)
        {
            case EnqueueOutcome.Granted:
                Interlocked.Increment(ref _granted);
                Perform(actions);
                return new(made);
            case EnqueueOutcome.Waiting:
                ValueTask<Result<ServerLock>> waiting = WaitAsync(made, cancel);
                Perform(actions);
                return waiting;
            default:
                Perform(actions);
                Destroy(made);
                return new(Errno.EAGAIN);
        }
    }

    /// <summary>Gives a local lock back and grants what waited for it (<c>ldlm_lock_decref_and_cancel</c>).</summary>
    public void Release(ServerLock local)
    {
        ArgumentNullException.ThrowIfNull(local);
        Destroy(local);
    }

    /// <summary>Takes every lock on a resource back from its clients, as one enqueue of EX would; for an object that is
    /// destroyed, with AST_DISCARD_DATA so that nobody writes dirty data back.</summary>
    public async ValueTask<Errno> RevokeAsync(
        LdlmResId resource, LockType type, LockFlags flags, CancellationToken cancel)
    {
        LdlmPolicyData policy = type switch
        {
            LockType.Extent => LockPolicies.WholeObject,
            LockType.Ibits => LockPolicies.Bits(InodeBitsMasks.FULL),
            _ => LockPolicies.None,
        };
        LockMode mode = type == LockType.Extent ? LockMode.PW : LockMode.EX;
        Result<ServerLock> taken = await EnqueueLocalAsync(resource, type, mode, policy, flags, cancel);
        if (taken.Failed)
            return taken.Error;
        Release(taken.Value);
        return Errno.OK;
    }

    async ValueTask<Result<ServerLock>> WaitAsync(ServerLock made, CancellationToken cancel)
    {
        Errno status;
        using (cancel.UnsafeRegister(static state => ((ServerLock)state!).Completion!.TrySetResult(Errno.EINTR), made))
            status = await made.Completion!.Task;
        if (status == Errno.OK)
            return made;
        Destroy(made);
        return status;
    }
}
