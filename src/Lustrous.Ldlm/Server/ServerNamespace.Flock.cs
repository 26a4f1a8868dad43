using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Ldlm.Server;

// File locks of clients' processes. An enqueue takes a range, changes its mode, gives it back (mode NL) or only asks
// who is in the way (TEST_LOCK).
public sealed partial class ServerNamespace
{
    Errno CheckFlock(in LdlmLockDesc desc)
    {
        if (!Options.TakesFileLocks)
            return Errno.EOPNOTSUPP;
        bool isKnown = desc.RequestedMode is LockMode.NL or LockMode.PR or LockMode.PW;
        LdlmFlockWire range = desc.PolicyData.Flock;
        return isKnown && range.Start <= range.End ? Errno.OK : Errno.EPROTO;
    }

    Errno EnqueueFlock(ServerRequest request, ServerLock asked, LockFlags flags)
    {
        if (PackReply(request, asked, isReplay: false) is var error and not Errno.OK)
        {
            Destroy(asked);
            return error;
        }
        bool isTest = (flags & LockFlags.TEST_LOCK) != 0;
        LockActions actions = TakeActions();
        EnqueueOutcome outcome;
        LdlmLockDesc desc;
        bool isHeld, isOver;
        using (asked.Resource.Lock.Enter())
        {
            if (asked.IsDestroyed)
            {
                ReturnActions(actions);
                return Errno.ENOTCONN;      // its client was thrown out meanwhile
            }
            outcome = isTest
                ? TestFlock(asked)
                : asked.Resource.Queues.Enqueue(asked, (flags & LockFlags.BLOCK_NOWAIT) != 0, actions);
            desc = Describe(asked);
            isHeld = asked.Queue == LockQueue.Granted;
            isOver = asked.IsDestroyed;
        }
        if (isHeld)
            Interlocked.Increment(ref _granted);
        Perform(actions);
        if (outcome is EnqueueOutcome.WouldBlock or EnqueueOutcome.Deadlock)
        {
            Destroy(asked);
            return outcome == EnqueueOutcome.Deadlock ? Errno.EDEADLK : Errno.EAGAIN;
        }
        flags &= LockFlagsMasks.WIRE_REQ_FLAGS_MASK & ~LockFlagsMasks.BLOCKED_MASK;
        if (isTest)
            flags |= LockFlags.LOCK_CHANGED;
        if (outcome == EnqueueOutcome.Waiting)
            flags |= LockFlags.BLOCK_GRANTED;
        request.Capsule.Set(Rmf.DlmRep, MessageSide.Reply, new LdlmReply
        {
            Flags = (uint)flags,
            Desc = desc,
            Handle = new LustreHandle(asked.Cookie),
        });
        if (isOver)
            Unregister(asked);
        return Errno.OK;
    }

    /// <summary>Has the lock say who is in the way: mode, range and process of that one; mode NL for nobody.</summary>
    static EnqueueOutcome TestFlock(ServerLock asked)
    {
        ServerLock? found = asked.Resource.Queues.FirstFlockConflict(asked);
        asked.IsDestroyed = true;
        asked.RequestedMode = found?.GrantedMode ?? LockMode.NL;
        if (found is not null)
        {
            LdlmFlockWire range = found.Policy.Flock;
            range.Owner = asked.Policy.Flock.Owner;
            asked.Policy = asked.Policy with { Flock = range };
        }
        return EnqueueOutcome.Granted;
    }

    /// <summary>What is left of a lock behind a piece that was taken out of its middle.</summary>
    void RegisterRest(ServerLock rest)
    {
        rest.Cookie = NewCookie((ulong)Interlocked.Increment(ref _numbers));
        _locks.GetOrAdd(rest.Cookie, rest);
        Interlocked.Increment(ref _granted);
        if (rest.Export is { } export && ExportLocks.Of(export).Add(rest) != Errno.OK)
        {
            Destroy(rest);      // its client has gone meanwhile
            return;
        }
        bool isGone;
        using (rest.Resource.Lock.Enter())
            isGone = rest.IsDestroyed;
        if (!isGone)
            return;
        // It was absorbed before it stood in the tables, so nobody has taken it out of them.
        _locks.Remove(rest.Cookie, rest);
        if (rest.Export is { } holder)
            ExportLocks.Of(holder).Remove(rest);
    }

    /// <summary>Tells a client that a lock will not be granted: the wait was given up, or would never end
    /// (ldlm_flock_cancel_on_deadlock).</summary>
    async ValueTask SendRefusalAsync(ServerLock refused)
    {
        TimeSpan until = Context.Uptime + LockTimeout;
        while (Context.Uptime < until)
        {
            using PtlrpcRequest? request = refused.Export?.ReverseImport?.NewRequest(RequestFormats.LdlmCpCallback);
            if (request is null)
                return;
            request.SetSize(Rmf.DlmLvb, 0);
            request.Pack();
            var body = new LdlmRequest
            {
                Flags = (uint)(LockFlags.AST_SENT | (refused.Flags & LockFlagsMasks.AST_MASK)),
                Desc = Describe(refused),
            };
            SetBody(request, body, refused);
            Errno status = await request.SendAsync(default);
            if (status == Errno.OK || request.ReplyStatus != 0 || refused.Export is not { IsConnected: true })
                return;
            await Task.Delay(s_retryDelay, Context.Clock, _stopped);
        }
    }
}
