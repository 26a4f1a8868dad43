using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ldlm.Server;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Ldlm.Client;

/// <summary>What servers ask of their clients (ldlm_callback_handler of lustre/ldlm/ldlm_lockd.c).</summary>
sealed class CallbackHandler(LdlmNode node) : IServiceHandler
{
    const int MaxLvbSize = 1024;

    public ValueTask<Errno> HandleAsync(ServerRequest request, CancellationToken cancel) => new(Handle(request));

    public bool IsHighPriority(ServerRequest request) => false;

    Errno Handle(ServerRequest request)
    {
        if (node.Ptlrpc.Context.FailPoints is { Location: not 0 } faults && faults.Check(PlaceOf(request.Opcode)))
        {
            request.NoReply = true;
            return Errno.OK;
        }
        switch ((LdlmOpcode)request.Opcode)
        {
            case LdlmOpcode.BlCallback:
                request.Capsule.SetFormat(RequestFormats.LdlmBlCallback);
                break;
            case LdlmOpcode.CpCallback:
                request.Capsule.SetFormat(RequestFormats.LdlmCpCallback);
                break;
            case LdlmOpcode.GlCallback:
                request.Capsule.SetFormat(RequestFormats.LdlmGlCallback);
                break;
            default:
                return Errno.EPROTO;
        }
        if (!request.Capsule.TryGet(Rmf.DlmReq, MessageSide.Request, out LdlmRequest body)
            || ServerNamespace.Handles(request) is not { IsEmpty: false } handles
            || ((LockFlags)body.Flags & ~LockFlagsMasks.WIRE_AST_FLAGS_MASK) != 0)
            return Errno.EPROTO;
        if (node.FindLock(handles[0].Cookie) is not { } held)
            return Errno.EINVAL;        // given up already: our cancel is under way
        if (held.Namespace.Import.Options.LocalHandle is var own and not 0 && own != request.HandleCookie)
            return Errno.ENOTCONN;
        ulong remote = handles.Length > 1 ? handles[1].Cookie : 0;
        return (LdlmOpcode)request.Opcode switch
        {
            LdlmOpcode.BlCallback => Block(request, held, body, remote),
            LdlmOpcode.CpCallback => Complete(request, held, body, remote),
            _ => Glimpse(request, held),
        };
    }

    static uint PlaceOf(uint opcode) => (LdlmOpcode)opcode switch
    {
        LdlmOpcode.BlCallback => ObdFail.BlockingCallback,
        LdlmOpcode.CpCallback => ObdFail.CompletionCallback,
        LdlmOpcode.GlCallback => ObdFail.GlimpseCallback,
        _ => 0,
    };

    /// <summary>
    /// Somebody else wants the lock. The answer says only that we know; the cancel follows when it is flushed
    /// (<c>ldlm_handle_bl_callback</c>).
    /// </summary>
    static Errno Block(ServerRequest request, ClientLock held, in LdlmRequest body, ulong remote)
    {
        if (request.PackReply() is var error and not Errno.OK)
            return error;
        ClientAction action;
        using (held.Enter())
        {
            if (held.State == ClientLockState.Gone || held.IsFailed)
                return Errno.EINVAL;
            if (held.RemoteHandle == 0)
                held.RemoteHandle = remote;
            bool discard = ((LockFlags)body.Flags & LockFlags.DISCARD_DATA) != 0;
            InodeBits wanted = held.Type == LockType.Ibits ? body.Desc.PolicyData.InodeBits.TryOrCancelBits : 0;
            action = held.Block(wanted, discard);
        }
        held.Namespace.Act(held, action);
        return Errno.OK;
    }

    /// <summary>A lock that was waited for is granted; perhaps before the reply has come that said to wait
    /// (<c>ldlm_handle_cp_callback</c>).</summary>
    static Errno Complete(ServerRequest request, ClientLock held, in LdlmRequest body, ulong remote)
    {
        if (request.PackReply() is var error and not Errno.OK)
            return error;
        if (held.Type == LockType.Flock && body.Desc.GrantedMode == 0)
            return Refuse(held, (LockFlags)body.Flags);
        if (ClientNamespace.CheckDesc(held, body.Desc, body.Desc.GrantedMode) is var refused and not Errno.OK)
            return refused;
        if (held.Namespace.MoveTo(held, body.Desc.Resource.Name) is var failed and not Errno.OK)
            return failed;
        using (held.Enter())
        {
            if (held.State == ClientLockState.Gone || held.IsFailed)
                return Errno.EINVAL;
            if (held.RemoteHandle == 0)
                held.RemoteHandle = remote;
            LdlmPolicyData policy = ClientNamespace.WithoutTryBits(held.Type, body.Desc.PolicyData);
            if (!held.TryGrant(body.Desc.GrantedMode, policy))
                return Errno.OK;        // granted before: this one was sent twice
            if (((LockFlags)body.Flags & LockFlags.AST_SENT) != 0)
                ClientNamespace.Block(held, body.Desc.PolicyData, (LockFlags)body.Flags);
        }
        held.Namespace.Grant(held, request.Capsule.GetBytes(Rmf.DlmLvb, MessageSide.Request));
        return Errno.OK;
    }

    /// <summary>A file lock that will never be granted: its wait closed a circle, or was cancelled.</summary>
    static Errno Refuse(ClientLock held, LockFlags flags)
    {
        Errno why = (flags & LockFlags.FLOCK_DEADLOCK) != 0 ? Errno.EDEADLK : Errno.EIO;
        TaskCompletionSource<Errno>? waiting;
        using (held.Enter())
        {
            if (held.State is not (ClientLockState.Asking or ClientLockState.Waiting))
                return Errno.OK;
            held.Refuse(why);
            waiting = held.Completion;
        }
        if (waiting is not null)
            held.Namespace.Tell(waiting, why);
        return Errno.OK;
    }

    /// <summary>Tells what is known of an object (<c>ldlm_handle_gl_callback</c>).</summary>
    static Errno Glimpse(ServerRequest request, ClientLock held)
    {
        if (held.State == ClientLockState.Gone || held.IsFailed)
            return Errno.EINVAL;
        Span<byte> lvb = stackalloc byte[MaxLvbSize];
        int length = held.Callbacks.Glimpse(held, lvb);
        if (length == 0)
            return (Errno)(int)LdlmStatus.NO_LOCK_DATA;
        request.Capsule.SetSize(Rmf.DlmLvb, MessageSide.Reply, length);
        if (request.PackReply() is var error and not Errno.OK)
            return error;
        request.Capsule.SetBytes(Rmf.DlmLvb, MessageSide.Reply, lvb[..length]);
        return Errno.OK;
    }
}
