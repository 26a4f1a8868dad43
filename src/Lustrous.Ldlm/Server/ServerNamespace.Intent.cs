using Lustrous.Idl.Ldlm;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Ldlm.Server;

// Enqueues that bring an operation along: the target executes it and says which lock the client gets.
public sealed partial class ServerNamespace
{
    async ValueTask<Errno> EnqueueIntentAsync(
        ServerRequest request, ServerLock asked, LockFlags flags, CancellationToken cancel)
    {
        var enqueue = new ServerEnqueue(this, request, asked, flags)
        {
            Intent = FormatSelector.Intent(request.Capsule),
        };
        bool isDone = false;
        try
        {
            Errno status = await IntentPolicy!(enqueue, cancel);
            if (status == Errno.OK)
                status = Finish(enqueue);
            isDone = status == Errno.OK;
            return status;
        }
        finally
        {
            if (!isDone)
            {
                Destroy(asked);
                if (enqueue.Replacement is { } replacement)
                    Destroy(replacement);
            }
        }
    }

    /// <summary>Grants a lock that is in no queue yet, if that is possible at once.</summary>
    internal bool TryGrant(ServerLock asked)
    {
        using (asked.Resource.Lock.Enter())
        {
            if (asked.IsDestroyed || !asked.Resource.Queues.TryGrant(asked))
                return false;
            // Granted by an intent's policy: that is a lock replaced, though by itself (ELDLM_LOCK_REPLACED).
            asked.Flags |= LockFlags.LOCK_CHANGED;
        }
        Interlocked.Increment(ref _granted);
        return true;
    }

    Errno Finish(ServerEnqueue enqueue)
    {
        ServerRequest request = enqueue.Request;
        if (enqueue.Outcome == IntentOutcome.Replace)
            return FinishReplaced(enqueue);
        if (enqueue.Outcome == IntentOutcome.Enqueue)
        {
            EnqueueOutcome outcome = Decide(enqueue.Asked, enqueue.Flags);
            if (outcome == EnqueueOutcome.WouldBlock)
                return Errno.EAGAIN;
            if (outcome != EnqueueOutcome.NothingLeft)
                return Reply(request, enqueue.Asked, enqueue.Flags, isReplay: false, enqueue);
        }
        if (PackReply(request, enqueue.Asked, isReplay: false) is var error and not Errno.OK)
            return error;
        var reply = new LdlmReply();
        SetIntentResult(enqueue, ref reply);
        request.Capsule.Set(Rmf.DlmRep, MessageSide.Reply, reply);
        FillLvb(request, enqueue.Asked, isReplay: false);
        request.Status = (int)LdlmStatus.LOCK_ABORTED;
        Destroy(enqueue.Asked);
        return Errno.OK;
    }

    /// <summary>
    /// The server's own lock becomes the client's, under the handle the client asked with (mdt_intent_lock_replace).
    /// Who has come to wait for it meanwhile shows in the reply.
    /// </summary>
    Errno FinishReplaced(ServerEnqueue enqueue)
    {
        ServerLock given = enqueue.Replacement!;
        ulong remoteHandle = enqueue.Asked.RemoteHandle;
        Destroy(enqueue.Asked);
        using (given.Resource.Lock.Enter())
        {
            Lassert.That(given is { Holder: null, IsGranted: true }, "only a granted lock of the server can be given");
            given.RemoteHandle = remoteHandle;
            given.Holder = enqueue.Export;
            given.Completion = null;
            given.Flags |= LockFlags.LOCK_CHANGED;
            given.Resource.Queues.MarkIfWanted(given);
        }
        if (ExportLocks.Of(enqueue.Export).Add(given) is var status and not Errno.OK)
            return status;
        return Reply(enqueue.Request, given, enqueue.Flags | LockFlags.LOCK_CHANGED, isReplay: false, enqueue);
    }
}
