using System.Runtime.InteropServices;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Ldlm.Server;

// Callbacks to clients: each an RPC of its own over the export's way back, sent without any lock held.
public sealed partial class ServerNamespace
{
    static readonly TimeSpan s_retryDelay = TimeSpan.FromSeconds(1);

    long _timeouts;

    internal static LdlmLockDesc Describe(ServerLock described) => new()
    {
        Resource = new LdlmResourceDesc { Type = described.Resource.Type, Name = described.Resource.Name },
        RequestedMode = described.RequestedMode,
        GrantedMode = described.GrantedMode,
        PolicyData = described.Policy,
    };

    /// <summary>Does what a decision came to. Takes the list back.</summary>
    void Perform(LockActions actions)
    {
        int first = Math.Min(actions.Count, Options.MaxParallelAsts);
        if (actions.Count > first)
        {
            var rest = new AstQueue(actions);
            for (int i = 0; i < first; i++)
                Spawn(SendAllAsync(rest));
            return;
        }
        for (int i = 0; i < first; i++)
        {
            (ServerLock subject, LockAction action) = actions[i];
            Spawn(SendAsync(subject, action));
        }
        ReturnActions(actions);
    }

    async ValueTask SendAllAsync(AstQueue queue)
    {
        while (queue.TryTake(out (ServerLock Lock, LockAction Action) next))
            await SendAsync(next.Lock, next.Action);
    }

    ValueTask SendAsync(ServerLock subject, LockAction action)
    {
        switch (action)
        {
            case LockAction.Block:
                return SendBlockingAsync(subject);
            case LockAction.Refuse:
                Unregister(subject);
                return SendRefusalAsync(subject);
            case LockAction.Register:
                RegisterRest(subject);
                return ValueTask.CompletedTask;
            case LockAction.Unregister:
                Interlocked.Decrement(ref _granted);
                Unregister(subject);
                return ValueTask.CompletedTask;
        }
        Interlocked.Increment(ref _granted);
        if (subject.Completion is not { } waiting)
            return SendCompletionAsync(subject);
        // Whoever waited goes on by itself, not on the stack of the cancel that let it. A wait that was given up in
        // this moment gives the lock back itself.
        Context.Work.Post(static state => ((TaskCompletionSource<Errno>)state!).TrySetResult(Errno.OK), waiting);
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Tells a client to give a lock back, and starts its time to do so (<c>ldlm_server_blocking_ast</c>). A client
    /// that cannot be reached is asked again until then.
    /// </summary>
    async ValueTask SendBlockingAsync(ServerLock held)
    {
        while (await TellBlockedAsync(held))
            await Task.Delay(s_retryDelay, Context.Clock, _stopped);
    }

    /// <summary>Says whether to try again.</summary>
    async ValueTask<bool> TellBlockedAsync(ServerLock held)
    {
        var body = new LdlmRequest();
        using (held.Resource.Lock.Enter())
        {
            if (held.IsDestroyed || !held.IsBlocked)
                return false;
            body.Flags = (uint)(held.Flags & LockFlagsMasks.AST_MASK);
            body.Desc = DescribeBlocker(held);
            StartTime(held);
        }
        using PtlrpcRequest? request = held.Export?.ReverseImport?.NewRequest(RequestFormats.LdlmBlCallback);
        if (request is null)
            return false;
        SetBody(request, body, held);
        Errno status = await request.SendAsync(default);
        return status != Errno.OK && HandleError(held, request, status, "blocking");
    }

    /// <summary>Tells a client that a lock it waits for is granted, and at once whether somebody wants it
    /// (<c>ldlm_server_completion_ast</c>).</summary>
    async ValueTask SendCompletionAsync(ServerLock held)
    {
        TimeSpan until = Context.Uptime + LockTimeout;
        while (await TellGrantedAsync(held))
        {
            if (Context.Uptime >= until)
            {
                Evict(held, "completion callback timed out");
                return;
            }
            await Task.Delay(s_retryDelay, Context.Clock, _stopped);
        }
    }

    /// <summary>Says whether to try again.</summary>
    async ValueTask<bool> TellGrantedAsync(ServerLock held)
    {
        using PtlrpcRequest? request = held.Export?.ReverseImport?.NewRequest(RequestFormats.LdlmCpCallback);
        if (request is null)
            return false;
        // A layout may be too large for what the client has room for; it asks for it again.
        bool hasLayout = held.Resource.Type == LockType.Ibits && (held.Bits & InodeBits.LAYOUT) != 0;
        int lvbSize = hasLayout || !held.Resource.IsLvbReady ? 0 : Lvb!.Size(held);
        request.SetSize(Rmf.DlmLvb, lvbSize);
        request.Pack();
        if (lvbSize > 0)
        {
            int filled = Lvb!.Fill(held, request.Capsule.GetBytes(Rmf.DlmLvb, MessageSide.Request));
            if (filled < lvbSize)
                request.Capsule.Shrink(Rmf.DlmLvb, MessageSide.Request, filled);
        }
        var body = new LdlmRequest();
        using (held.Resource.Lock.Enter())
        {
            if (held is { IsDestroyed: true, IsAbsorbed: false })
                return false;
            body.Desc = Describe(held);
            if (held.IsBlocked)
            {
                body.Flags = (uint)(LockFlags.AST_SENT | (held.Flags & LockFlagsMasks.AST_MASK));
                body.Desc.PolicyData = WithCancelBits(held);
                StartTime(held);
            }
        }
        SetBody(request, body, held);
        Errno status = await request.SendAsync(default);
        return status != Errno.OK && HandleError(held, request, status, "completion");
    }

    /// <summary>What an AST's error means (<c>ldlm_handle_ast_error</c>); says whether to send it again.</summary>
    bool HandleError(ServerLock held, PtlrpcRequest request, Errno status, string kind)
    {
        if (held is { IsDestroyed: true, IsAbsorbed: false })
            return false;           // the cancel came first
        if (status == Errno.EINVAL)
        {
            // The client has given it up already, and its cancel is under way or lost.
            GiveBack(held);
            return false;
        }
        if (request.ReplyStatus != 0)
        {
            Evict(held, $"{kind} callback was answered with {status}");
            return false;
        }
        // The way back may be closed: the client leaves, or this target does.
        return status is not (Errno.EIO or Errno.ENODEV or Errno.ESHUTDOWN or Errno.EINTR)
            && held.Export is { IsConnected: true };
    }

    /// <summary>The blocking lock's description, with which a client may see what it need not give up.</summary>
    static LdlmLockDesc DescribeBlocker(ServerLock held)
    {
        if (held.Blocker is not { } blocker)
            return Describe(held);
        LdlmLockDesc desc = Describe(blocker);
        if (held.Resource.Type == LockType.Ibits)
        {
            LdlmInodeBits bits = desc.PolicyData.InodeBits;
            bits.TryOrCancelBits = bits.Bits;
            desc.PolicyData.InodeBits = bits;
        }
        return desc;
    }

    static LdlmPolicyData WithCancelBits(ServerLock held)
    {
        LdlmPolicyData policy = held.Policy;
        if (held.Resource.Type != LockType.Ibits || held.Blocker is not { } blocker)
            return policy;
        LdlmInodeBits bits = policy.InodeBits;
        bits.TryOrCancelBits = blocker.Bits;
        policy.InodeBits = bits;
        return policy;
    }

    static void SetBody(PtlrpcRequest request, in LdlmRequest body, ServerLock held)
    {
        request.Pack();
        Span<byte> bytes = request.Capsule.GetBytes(Rmf.DlmReq, MessageSide.Request);
        MemoryMarshal.Write(bytes, body);
        Span<LustreHandle> handles = MemoryMarshal.Cast<byte, LustreHandle>(bytes[s_handlesOffset..]);
        handles[0] = new LustreHandle(held.RemoteHandle);
        handles[1] = new LustreHandle(held.Cookie);
    }

    /// <summary>The holder's time runs; under the resource's lock.</summary>
    void StartTime(ServerLock held)
    {
        if (held.BlockedAt != default || held.Export is not { } export)
            return;
        held.BlockedAt = Context.Uptime + TimeSpan.FromTicks(1);       // never 0, which means no time
        ExportLocks.Of(export).CountBlocked(1);
        _timers.Set(held, LockTimeout);
    }

    void OnExpired(ServerLock held)
    {
        Interlocked.Increment(ref _timeouts);
        Evict(held, "lock callback timer expired");
    }

    /// <summary>Throws out the one client that keeps others waiting (<c>ldlm_failed_ast</c>).</summary>
    void Evict(ServerLock held, string why)
    {
        if (held.Export is not { } export || held.IsDestroyed)
            return;
        if (Context.Log.IsEnabled(LogLevel.Error))
            Context.Log.Error(Name, $"{why}: evicting client {export} for {held}");
        export.Target.Evict(export);
        // Whoever composed the target may not have told us; a lock of a client that has gone must not stay.
        Destroy(held);
    }

    void Spawn(ValueTask task)
    {
        if (!task.IsCompletedSuccessfully)
            _ = WatchAsync(task);
    }

    /// <summary>Nobody waits for a callback; what it throws is a defect and is not lost.</summary>
    async Task WatchAsync(ValueTask task)
    {
        try
        {
            await task;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Context.Log.Error(Name, e.ToString());
            Context.Work.Post(
                static state => System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw((Exception)state!), e);
        }
    }

    /// <summary>More callbacks than are sent at once.</summary>
    sealed class AstQueue(LockActions actions)
    {
        int _next = -1;

        public bool TryTake(out (ServerLock Lock, LockAction Action) item)
        {
            int index = Interlocked.Increment(ref _next);
            bool any = index < actions.Count;
            item = any ? actions[index] : default;
            return any;
        }
    }
}
