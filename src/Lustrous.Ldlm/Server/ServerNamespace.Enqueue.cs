using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Ldlm.Server;

// LDLM_ENQUEUE: ldlm_handle_enqueue of lustre/ldlm/ldlm_lockd.c.
public sealed partial class ServerNamespace
{
    /// <summary>An enqueue that came within another request (MDS_BATCH): as LDLM_ENQUEUE, with the reply in the
    /// part.</summary>
    public ValueTask<Errno> EnqueuePartAsync(ServerRequest part, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(part);
        return HandleEnqueueAsync(part, cancel);
    }

    ValueTask<Errno> HandleEnqueueAsync(ServerRequest request, CancellationToken cancel)
    {
        if (!request.Capsule.TryGet(Rmf.DlmReq, MessageSide.Request, out LdlmRequest body)
            || Handles(request) is not { IsEmpty: false } handles)
            return new(Errno.EPROTO);
        ulong remoteHandle = handles[0].Cookie;
        CancelRequestLocks(request, LdlmConst.LDLM_ENQUEUE_CANCEL_OFF);
        if (Check(body) is var refused and not Errno.OK)
            return new(refused);

        var flags = (LockFlags)body.Flags;
        bool isReplay = (flags & LockFlags.REPLAY) != 0;
        bool hasIntent = (flags & LockFlags.HAS_INTENT) != 0 && !isReplay && IntentPolicy is not null;
        Export export = request.Export!;
        if ((isReplay || (request.Flags & MsgFlags.RESENT) != 0)
            && ExportLocks.Of(export).Find(remoteHandle) is { } known)
        {
            if (!hasIntent)
                return new(Reply(request, known, flags | LockFlags.LOCK_CHANGED, isReplay));
            // The first reply is lost, and what it told of the lock with it: the intent is executed for a new one.
            Destroy(known);
        }
        Errno error = Create(export, body, remoteHandle, isReplay, out ServerLock? asked);
        if (error != Errno.OK)
            return new(error);
        return hasIntent
            ? EnqueueIntentAsync(request, asked!, flags, cancel)
            : new(asked!.Resource.Type == LockType.Flock && !isReplay
                ? EnqueueFlock(request, asked, flags)
                : EnqueuePlain(request, asked, flags));
    }

    Errno Check(in LdlmRequest body)
    {
        if (((LockFlags)body.Flags & ~LockFlagsMasks.WIRE_REQ_FLAGS_MASK) != 0)
            return Errno.EPROTO;
        if (body.Desc.Resource.Type is < LockTypeMasks.TypeMin or >= LockTypeMasks.TypeEnd
            || !LockModes.IsSingle(body.Desc.RequestedMode))
            return Errno.EFAULT;
        if (body.Desc.Resource.Type == LockType.Flock)
            return CheckFlock(body.Desc);
        if (body.Desc.Resource.Type == LockType.Extent)
            return body.Desc.PolicyData.Extent.Start <= body.Desc.PolicyData.Extent.End ? Errno.OK : Errno.EPROTO;
        bool isForeign = body.Desc.Resource.Type == LockType.Ibits
            && (((ulong)body.Desc.PolicyData.InodeBits.Bits | (ulong)body.Desc.PolicyData.InodeBits.TryOrCancelBits)
                >> LdlmConst.MDS_INODELOCK_NUMBITS) != 0;
        return isForeign ? Errno.EPROTO : Errno.OK;
    }

    Errno Create(Export export, in LdlmRequest body, ulong remoteHandle, bool isReplay, out ServerLock? asked)
    {
        asked = null;
        Result<ServerResource> resource = Get(body.Desc.Resource.Name, body.Desc.Resource.Type);
        if (resource.Failed)
            return resource.Error;
        if (!isReplay && !resource.Value.IsLvbReady && Lvb is not null)
        {
            Errno error = Lvb.Init(resource.Value);
            if (error != Errno.OK)
            {
                Put(resource.Value);
                return error;
            }
            resource.Value.IsLvbReady = true;
        }
        asked = NewLock(
            resource.Value, export, body.Desc.RequestedMode, body.Desc.PolicyData, (LockFlags)body.Flags);
        asked.RemoteHandle = remoteHandle;
        if (ExportLocks.Of(export).Add(asked) is var status and not Errno.OK)
        {
            Destroy(asked);
            return status;
        }
        return Errno.OK;
    }

    Errno EnqueuePlain(ServerRequest request, ServerLock asked, LockFlags flags)
    {
        EnqueueOutcome outcome = Decide(asked, flags);
        bool isReplay = (flags & LockFlags.REPLAY) != 0;
        Errno status;
        switch (outcome)
        {
            case EnqueueOutcome.WouldBlock:
                Destroy(asked);
                return Errno.EAGAIN;
            case EnqueueOutcome.NothingLeft:
                request.Status = (int)LdlmStatus.LOCK_ABORTED;
                status = PackReply(request, asked, isReplay);
                Destroy(asked);
                return status;
            default:
                status = Reply(request, asked, flags, isReplay);
                if (status != Errno.OK)
                    Destroy(asked);
                return status;
        }
    }

    /// <summary>Grants it or queues it, as its resource decides.</summary>
    EnqueueOutcome Decide(ServerLock asked, LockFlags flags)
    {
        LockQueues queues = asked.Resource.Queues;
        LockActions actions = TakeActions();
        EnqueueOutcome outcome;
        using (asked.Resource.Lock.Enter())
        {
            bool isReplay = (flags & LockFlags.REPLAY) != 0;
            if (asked.IsDestroyed)
            {
                outcome = EnqueueOutcome.WouldBlock;
            }
            else if (asked.IsGranted)
            {
                outcome = EnqueueOutcome.Waiting;       // granted and counted by the policy
            }
            else if (isReplay && (flags & LockFlags.BLOCK_WAIT) != 0)
            {
                queues.Wait(asked);
                outcome = EnqueueOutcome.Waiting;
            }
            else if (isReplay && (flags & LockFlags.BLOCK_GRANTED) != 0)
            {
                queues.ForceGrant(asked);
                outcome = EnqueueOutcome.Granted;
            }
            else
            {
                // Of a range, who will not wait only means that a group may hold for long; others give back at once.
                bool noWait = (flags & LockFlags.SPECULATIVE) != 0 || (flags & LockFlags.BLOCK_NOWAIT) != 0
                    && (asked.Resource.Type != LockType.Extent || queues.HasGroup);
                outcome = queues.Enqueue(asked, noWait, actions);
            }
        }
        if (outcome == EnqueueOutcome.Granted)
            Interlocked.Increment(ref _granted);
        Perform(actions);
        return outcome;
    }

    Errno PackReply(ServerRequest request, ServerLock asked, bool isReplay)
    {
        if (request.IsReplyPacked)
            return Errno.OK;
        if (request.Capsule.HasField(Rmf.DlmLvb, MessageSide.Reply))
        {
            bool hasLvb = asked.Resource.IsLvbReady && !isReplay;
            request.Capsule.SetSize(Rmf.DlmLvb, MessageSide.Reply, hasLvb ? Lvb!.Size(asked) : 0);
        }
        return request.PackReply();
    }

    /// <summary>Says what became of a lock that is granted or waits.</summary>
    Errno Reply(ServerRequest request, ServerLock given, LockFlags flags, bool isReplay, ServerEnqueue? intent = null)
    {
        if (PackReply(request, given, isReplay) is var error and not Errno.OK)
            return error;
        var reply = new LdlmReply { Handle = new LustreHandle(given.Cookie) };
        using (given.Resource.Lock.Enter())
        {
            if (given.IsDestroyed)
                return Errno.ENOTCONN;      // its client was thrown out meanwhile
            flags &= LockFlagsMasks.WIRE_REQ_FLAGS_MASK;
            // What a replay says of the lock stays as it said.
            if (!isReplay)
                flags &= ~LockFlagsMasks.BLOCKED_MASK;
            flags |= given.Flags & (LockFlags.LOCK_CHANGED | LockFlags.CONTENTION);
            if (!given.IsGranted && !isReplay)
                flags |= LockFlags.BLOCK_GRANTED | (given.Resource.Type == LockType.Flock ? 0 : LockFlags.NO_TIMEOUT);
            reply.Desc = Describe(given);
            if (given.IsBlocked && given.IsGranted)
            {
                flags |= LockFlags.AST_SENT | (given.Flags & LockFlagsMasks.AST_MASK);
                reply.Desc.PolicyData = WithCancelBits(given);
                StartTime(given);
            }
        }
        reply.Flags = (uint)flags;
        if (intent is not null)
            SetIntentResult(intent, ref reply);
        request.Capsule.Set(Rmf.DlmRep, MessageSide.Reply, reply);
        FillLvb(request, given, isReplay);
        return Errno.OK;
    }

    void FillLvb(ServerRequest request, ServerLock given, bool isReplay)
    {
        if (isReplay || !given.Resource.IsLvbReady || !request.Capsule.HasField(Rmf.DlmLvb, MessageSide.Reply))
            return;
        int room = request.Capsule.GetSize(Rmf.DlmLvb, MessageSide.Reply);
        if (room == 0)
            return;
        int filled = Lvb!.Fill(given, request.Capsule.GetBytes(Rmf.DlmLvb, MessageSide.Reply));
        if (filled < room)
            request.Capsule.Shrink(Rmf.DlmLvb, MessageSide.Reply, filled);
    }

    static void SetIntentResult(ServerEnqueue intent, ref LdlmReply reply)
    {
        reply.PolicyResult1 = (ulong)intent.Dispositions;
        reply.PolicyResult2 = (ulong)-(long)intent.IntentStatus;
    }
}
