using Lustrous.Idl.Ldlm;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Ldlm.Client;

// Waiting for a lock that the server has queued: ldlm_completion_ast of lustre/ldlm/ldlm_request.c.
public sealed partial class ClientNamespace
{
    // How long completions took lately (ns_at_estimate); guarded by itself.
    readonly AdaptiveTimeout _completionTime;

    /// <summary>How long a completion may take before it is asked for: the server may have to take the lock from
    /// another client first, and to throw that one out (<c>ldlm_cp_timeout</c>).</summary>
    internal TimeSpan CompletionTimeout
    {
        get
        {
            if (!Node.Ptlrpc.Options.AdaptiveTimeouts)
                return TimeSpan.FromSeconds(Node.Ptlrpc.Options.ObdTimeoutSeconds);
            lock (_completionTime)
                return TimeSpan.FromSeconds(Math.Max(3 * _completionTime.Seconds, Options.EnqueueMinSeconds));
        }
    }

    async ValueTask<EnqueueResult> CompleteAsync(
        ClientLock made, EnqueueResult result, Task<Errno> completion, CancellationToken cancel)
    {
        TimeSpan since = Context.Uptime, timeout = CompletionTimeout;
        // Programs may hold file locks for as long as they like.
        bool isBounded = made.Type != LockType.Flock;
        Errno status;
        using (cancel.UnsafeRegister(
            static state => ((ClientLock)state!).Completion!.TrySetResult(Errno.EINTR), made))
        using (isBounded ? Context.Clock.CreateTimer(
            static state => ((ClientLock)state!).Namespace.Overdue((ClientLock)state), made, timeout, timeout) : null)
        {
            status = await completion;
        }
        if (status == Errno.OK && !isBounded)
            return result with { Lock = made };
        if (status == Errno.OK)
        {
            lock (_completionTime)
                _completionTime.Measure((int)(Context.Uptime - since).TotalSeconds, (long)Context.Uptime.TotalSeconds);
            return result with { Lock = made };
        }
        if (status == Errno.EINTR && made.Type == LockType.Flock && KeepsGranted(made))
            return result with { Lock = made };
        Abandon(made, tellServer: status is not (Errno.EIO or Errno.EDEADLK));
        return result with { Status = status };
    }

    /// <summary>The wait was given up when the lock had just been granted; what the owner held before is part of it by
    /// now, so it cannot be undone.</summary>
    static bool KeepsGranted(ClientLock made)
    {
        using (made.Enter())
            return made.State == ClientLockState.Granted && !made.IsFailed;
    }

    void Overdue(ClientLock made)
    {
        using (made.Enter())
        {
            if (made.State != ClientLockState.Waiting || made.IsAskedFor)
                return;
            made.IsAskedFor = true;
        }
        if (Context.Log.IsEnabled(LogLevel.Warning))
            Context.Log.Warning(Name, $"{made} is not granted yet: asking the server what became of it");
        Spawn(AskAgainAsync(made));
    }

    /// <summary>
    /// The completion is overdue: lost, or never to come. The enqueue is sent once more as a resent one, which the
    /// server answers with what it knows of the lock. A server that is dead, or has forgotten us, does not answer it
    /// and is recovered as for any request; then the wait goes on with what recovery made of the lock
    /// (ldlm_expired_completion_wait, which gives the connection up without asking). Whoever still has to wait, waits.
    /// </summary>
    async ValueTask AskAgainAsync(ClientLock made)
    {
        using PtlrpcRequest request = NewPlain(made.Type, cancels: null);
        request.MarkResent();
        Write(request, new LdlmRequest { Count = 1, Desc = Describe(made) }, [made.Cookie]);
        Errno status = await request.SendAsync(default);
        Result<LdlmReply> reply = status == Errno.OK ? request.Get(Rmf.DlmRep) : status;
        status = reply.Failed ? reply.Error
            : request.ReplyStatus != 0 ? Errno.EPROTO
            : TakeReply(made, reply.Value, request.Capsule, out _);
        TaskCompletionSource<Errno>? failed = null;
        bool isGone;
        using (made.Enter())
        {
            made.IsAskedFor = false;
            isGone = made.State == ClientLockState.Gone;
            if (status != Errno.OK && made.State == ClientLockState.Waiting)
                failed = made.Completion;
        }
        failed?.TrySetResult(status);
        // Given up meanwhile: the server may have made it anew after our cancel.
        if (isGone && !reply.Failed && reply.Value.Handle.IsUsed && !made.IsFailed)
            await CancelRemoteAsync(reply.Value.Handle.Cookie);
    }
}
