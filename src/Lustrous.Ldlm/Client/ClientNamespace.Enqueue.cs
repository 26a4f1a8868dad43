using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Ldlm.Client;

// Asking for locks: ldlm_cli_enqueue and ldlm_cli_enqueue_fini of lustre/ldlm/ldlm_request.c.
public sealed partial class ClientNamespace
{
    static readonly int s_headSize = Unsafe.SizeOf<LdlmRequest>();

    /// <summary>
    /// Asks the server for a lock and waits until it is granted. Ends synchronously when the reply comes so.
    /// </summary>
    /// <param name="ask">Which lock.</param>
    /// <param name="request">The caller's request of an enqueue format, filled but for DLM_REQ (see
    /// <see cref="NewEnqueue"/>), whose reply it reads afterwards and which it disposes; null for a plain
    /// LDLM_ENQUEUE.</param>
    /// <param name="cancels">Locks given up along with it; the same as <see cref="NewEnqueue"/> had.</param>
    /// <param name="cancel">Ends the wait with EINTR; a lock granted later is given back.</param>
    public ValueTask<EnqueueResult> EnqueueAsync(
        in LockRequest ask, PtlrpcRequest? request, LockCancels? cancels, CancellationToken cancel) =>
        ask.Callbacks is null || !LockModes.IsSingle(ask.Mode)
            ? new(new EnqueueResult { Status = Errno.EINVAL })
            : EnqueueCoreAsync(ask, request, cancels, cancel);

    /// <summary>The same with a plain LDLM_ENQUEUE.</summary>
    public ValueTask<EnqueueResult> EnqueueAsync(in LockRequest ask, CancellationToken cancel) =>
        EnqueueAsync(ask, null, null, cancel);

    /// <summary>
    /// A request of an enqueue format with room for <paramref name="cancels"/>; the caller sizes and sets the other
    /// fields (of the reply, variable ones are expected empty until said otherwise) and hands it to <see
    /// cref="EnqueueAsync(in LockRequest, PtlrpcRequest, LockCancels, CancellationToken)"/>.
    /// </summary>
    public PtlrpcRequest NewEnqueue(RequestFormat format, LockCancels? cancels = null)
    {
        ArgumentNullException.ThrowIfNull(format);
        PtlrpcRequest request = Import.NewRequest(format);
        if (cancels is null)
            LockCancels.ReserveNone(request);
        else
            cancels.Reserve(request, LdlmConst.LDLM_ENQUEUE_CANCEL_OFF);
        foreach (MessageField field in format.Reply)
        {
            if (field.Size < 0)
                request.SetReplySize(field, 0);
        }
        return request;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    async ValueTask<EnqueueResult> EnqueueCoreAsync(
        LockRequest ask, PtlrpcRequest? callers, LockCancels? cancels, CancellationToken cancel)
    {
        Result<ClientResource> resource = Get(ask.Resource, ask.Type);
        if (resource.Failed)
            return new EnqueueResult { Status = resource.Error };
        ClientLock made = Node.NewLock(resource.Value, ask);
        Interlocked.Increment(ref _lockCount);
        PtlrpcRequest request = callers ?? NewPlain(ask.Type, cancels);
        try
        {
            request.Pack();
            PackEnqueue(request.Capsule, made, ask, cancels);
            // Of a file lock it must be known what the server did: only the wait can be given up.
            Errno status = await request.SendAsync(ask.Type == LockType.Flock ? default : cancel);
            EnqueueResult result = Replied(
                request.Capsule, request.ReplyStatus, made, status, out Task<Errno>? completion);
            if (completion is not null)
            {
                request.HoldsReplay = false;        // this may take until the server has recovered
                result = await CompleteAsync(made, result, completion, cancel);
            }
            return result;
        }
        finally
        {
            if (callers is null)
                request.Dispose();
        }
    }

    PtlrpcRequest NewPlain(LockType type, LockCancels? cancels)
    {
        PtlrpcRequest request = NewEnqueue(RequestFormats.LdlmEnqueue, cancels);
        request.SetReplySize(Rmf.DlmLvb, type == LockType.Extent ? Unsafe.SizeOf<OstLvb>() : 0);
        return request;
    }

    /// <summary>
    /// Begins to ask for a lock within another request (MDS_BATCH), whose answer is given to <see
    /// cref="EndEnqueueAsync"/> in any case.
    /// </summary>
    /// <param name="ask">Which lock.</param>
    /// <param name="packed">The part of the request, laid out with room for a lock request.</param>
    public Result<ClientLock> BeginEnqueue(in LockRequest ask, RequestCapsule packed)
    {
        ArgumentNullException.ThrowIfNull(packed);
        Result<ClientResource> resource = Get(ask.Resource, ask.Type);
        if (resource.Failed)
            return resource.Error;
        ClientLock made = Node.NewLock(resource.Value, ask);
        Interlocked.Increment(ref _lockCount);
        PackEnqueue(packed, made, ask, cancels: null);
        return made;
    }

    /// <summary>Takes in what came of a lock that was asked for within another request.</summary>
    /// <param name="made">The lock.</param>
    /// <param name="part">The part of the reply; null when there is none.</param>
    /// <param name="result">Of the part: 0, ELDLM_LOCK_ABORTED, or a negative errno.</param>
    /// <param name="status">Of the request as a whole.</param>
    /// <param name="cancel">Ends the wait, where the server has not granted it at once.</param>
    public async ValueTask<EnqueueResult> EndEnqueueAsync(
        ClientLock made, RequestCapsule? part, int result, Errno status, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(made);
        if (status == Errno.OK && part is null)
            status = Errno.EPROTO;
        if (status == Errno.OK && result < 0)
            status = (Errno)(-result);
        EnqueueResult done = Replied(part, result, made, status, out Task<Errno>? completion);
        return completion is null ? done : await CompleteAsync(made, done, completion, cancel);
    }

    static void PackEnqueue(RequestCapsule capsule, ClientLock made, in LockRequest ask, LockCancels? cancels)
    {
        LockFlags flags = ask.Flags & LockFlagsMasks.WIRE_REQ_FLAGS_MASK;
        if (capsule.HasField(Rmf.LdlmIntent, MessageSide.Request))
            flags |= LockFlags.HAS_INTENT;
        var body = new LdlmRequest { Flags = (uint)flags, Count = 1, Desc = Describe(made) };
        Span<byte> bytes = capsule.GetBytes(Rmf.DlmReq, MessageSide.Request);
        cancels?.Pack(bytes, ref body, LdlmConst.LDLM_ENQUEUE_CANCEL_OFF);
        MemoryMarshal.Write(bytes, body);
        MemoryMarshal.Cast<byte, LustreHandle>(bytes[s_headSize..])[0] = new LustreHandle(made.Cookie);
    }

    static LdlmLockDesc Describe(ClientLock described) => new()
    {
        Resource = new LdlmResourceDesc { Type = described.Type, Name = described.Resource },
        RequestedMode = described.RequestedMode,
        GrantedMode = described.GrantedMode,
        PolicyData = described.Policy,
    };

    /// <summary>Takes the reply in: granted, to be waited for, or nothing.</summary>
    EnqueueResult Replied(
        RequestCapsule? capsule, int replyStatus, ClientLock made, Errno status, out Task<Errno>? completion)
    {
        completion = null;
        LdlmReply reply = default;
        bool isAborted = replyStatus == (int)LdlmStatus.LOCK_ABORTED;
        if (status == Errno.OK
            && (!capsule!.TryGet(Rmf.DlmRep, MessageSide.Reply, out reply) || (replyStatus != 0 && !isAborted)))
            status = Errno.EPROTO;
        if (status != Errno.OK)
        {
            // A completion may have been faster than the failure.
            Abandon(made, tellServer: made.RemoteHandle != 0);
            return new EnqueueResult { Status = status };
        }
        var result = new EnqueueResult
        {
            IsAborted = isAborted,
            Dispositions = (Dispositions)reply.PolicyResult1,
            IntentStatus = (Errno)(-(int)reply.PolicyResult2),
        };
        if (isAborted)
        {
            Abandon(made, tellServer: false);
            return result;
        }
        Errno taken = TakeReply(made, reply, capsule!, out completion);
        if (taken == Errno.OK)
            return completion is null ? result with { Lock = made } : result;
        Abandon(made, tellServer: true);
        return result with { Status = taken };
    }

    Errno TakeReply(ClientLock made, in LdlmReply reply, RequestCapsule capsule, out Task<Errno>? completion)
    {
        completion = null;
        if (!reply.Handle.IsUsed)
            return Errno.EPROTO;
        var flags = (LockFlags)reply.Flags;
        bool isChanged = (flags & LockFlags.LOCK_CHANGED) != 0;
        bool waits = (flags & LockFlagsMasks.BLOCKED_MASK) != 0;
        if (isChanged && CheckDesc(made, reply.Desc, reply.Desc.RequestedMode) is var refused and not Errno.OK)
            return refused;
        using (made.Enter())
            made.RemoteHandle = reply.Handle.Cookie;
        if (isChanged && !waits && MoveTo(made, reply.Desc.Resource.Name) is var error and not Errno.OK)
            return error;
        bool mine;
        using (made.Enter())
        {
            if ((flags & LockFlags.AST_SENT) != 0)
                Block(made, reply.Desc.PolicyData, flags);
            if (waits)
            {
                completion = made.Wait();
                return Errno.OK;
            }
            mine = made.TryGrant(
                isChanged ? reply.Desc.RequestedMode : made.RequestedMode,
                isChanged ? WithoutTryBits(made.Type, reply.Desc.PolicyData) : WithoutTryBits(made.Type, made.Policy));
            // A completion that is just telling the owner is waited for.
            if (!mine)
                completion = made.Wait();
        }
        if (mine)
        {
            bool hasLvb = capsule.HasField(Rmf.DlmLvb, MessageSide.Reply);
            Grant(made, hasLvb ? capsule.GetBytes(Rmf.DlmLvb, MessageSide.Reply) : default);
        }
        return Errno.OK;
    }

    /// <summary>Tells the owner, then lets others find it, then lets its enqueue end.</summary>
    internal void Grant(ClientLock made, ReadOnlySpan<byte> lvb)
    {
        made.Callbacks.Granted(made, lvb);
        TaskCompletionSource<Errno>? waiting;
        ClientAction action;
        using (made.Enter())
        {
            made.InResource.Add(made);
            action = made.Granted();
            waiting = made.Completion;
        }
        Act(made, action);
        // The server waits for the callback's answer, not for what the asker does next.
        if (waiting is not null)
            Context.Work.Post(static state => ((TaskCompletionSource<Errno>)state!).TrySetResult(Errno.OK), waiting);
    }

    /// <summary>What a server may say of a lock.</summary>
    internal static Errno CheckDesc(ClientLock made, in LdlmLockDesc desc, LockMode mode)
    {
        if (!LockModes.IsSingle(mode) || desc.Resource.Type != made.Type)
            return Errno.EPROTO;
        bool isReversed = made.Type is LockType.Extent or LockType.Flock
            && desc.PolicyData.Extent.Start > desc.PolicyData.Extent.End;
        return isReversed ? Errno.EPROTO : Errno.OK;
    }

    /// <summary>The server gave a lock of another resource: the child's, where the parent's was asked for.</summary>
    internal Errno MoveTo(ClientLock made, in LdlmResId name)
    {
        if (ResIdComparer.Instance.Equals(made.Resource, name))
            return Errno.OK;
        Result<ClientResource> other = Get(name, made.Type);
        if (other.Failed)
            return other.Error;
        bool moved;
        using (made.Enter())
        {
            ClientResource old = made.InResource;
            moved = made.State is ClientLockState.Asking or ClientLockState.Waiting;
            if (moved)
            {
                PutLocked(old);
                made.MoveTo(other.Value);
            }
        }
        if (!moved)
        {
            using (other.Value.Lock.Enter())
                PutLocked(other.Value);
        }
        return Errno.OK;
    }

    /// <summary>It is wanted back before its owner has it; under its resource's lock.</summary>
    internal static void Block(ClientLock made, in LdlmPolicyData policy, LockFlags flags) => made.Block(
        made.Type == LockType.Ibits ? policy.InodeBits.TryOrCancelBits : 0, (flags & LockFlags.DISCARD_DATA) != 0);

    internal static LdlmPolicyData WithoutTryBits(LockType type, LdlmPolicyData policy)
    {
        if (type != LockType.Ibits)
            return policy;
        LdlmInodeBits bits = policy.InodeBits;
        bits.TryOrCancelBits = 0;
        policy.InodeBits = bits;
        return policy;
    }

    /// <summary>
    /// The asker does not get the lock. If a completion was faster it goes like any unused one; else the server learns
    /// that nobody wants it, where it may think otherwise (failed_lock_cleanup).
    /// </summary>
    void Abandon(ClientLock made, bool tellServer)
    {
        ClientAction action = ClientAction.None;
        bool ended = false;
        using (made.Enter())
        {
            if (made.State is ClientLockState.Granted or ClientLockState.Granting)
            {
                action = made.Release(made.RequestedMode, andCancel: true, mayConvert: false);
            }
            else
            {
                made.Count(made.RequestedMode, -1);
                ended = made.TryEnd();
                PutLocked(made.InResource);
            }
        }
        Act(made, action);
        if (!ended)
            return;
        Node.Forget(made);
        Interlocked.Decrement(ref _lockCount);
        if (tellServer && made.RemoteHandle != 0 && !made.IsFailed)
            Spawn(CancelRemoteAsync(made.RemoteHandle));
    }
}
