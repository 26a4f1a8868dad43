using Lustrous.Idl.Ptlrpc;

namespace Lustrous.Ptlrpc.Server;

/// <summary>
/// Handles the requests of whatever target their export belongs to: connect, disconnect and ping by itself, the rest by
/// the target's table (tgt_request_handle of lustre/target/tgt_handler.c).
/// </summary>
public sealed class TargetHandler : IServiceHandler
{
    public static TargetHandler Instance { get; } = new();

    public ValueTask<Errno> HandleAsync(ServerRequest request, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Service.Context.FailPoints.Location == 0
            ? HandleWellAsync(request, cancel)
            : HandleFailingAsync(request, request.Service.Context.FailPoints, cancel);
    }

    static async ValueTask<Errno> HandleFailingAsync(
        ServerRequest request, FailPoints faults, CancellationToken cancel)
    {
        bool isKnown = request.IsConnect || request.Export is { IsConnected: true };
        if (isKnown && RequestFaults.IsLost(faults, request))
        {
            request.NoReply = true;
            return Errno.OK;
        }
        if (RequestFaults.Pause(faults, request) is var pause && pause > TimeSpan.Zero)
            await Task.Delay(pause, request.Service.Context.Clock, cancel);
        return await HandleWellAsync(request, cancel);
    }

    static ValueTask<Errno> HandleWellAsync(ServerRequest request, CancellationToken cancel)
    {
        if (request.IsConnect)
            return ServiceTarget.HandleConnectAsync(request, cancel);
        // An unknown cookie is how a client learns that it was evicted, or that the server restarted.
        if (request.Export is not { IsConnected: true } export)
            return new(Errno.ENOTCONN);
        if (export.CheckLastXid(request) is var stale and not Errno.OK)
            return new(stale);
        return export.Target is { IsRecovering: true, Recovery: { } recovery }
            ? HandleRecoveringAsync(request, export, recovery, cancel)
            : Handle(request, export, cancel);
    }

    /// <summary>Pings and reconnects get through when everything else waits (ptlrpc_hpreq_handler).</summary>
    public bool IsHighPriority(ServerRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Export is not { } export)
            return false;
        return request.IsConnect || request.Opcode == (uint)ObdOpcode.Ping
            || ((export.Target.FindHandler(request.Opcode)?.Flags ?? 0) & HandlerFlags.HighPriority) != 0;
    }

    static async ValueTask<Errno> HandleRecoveringAsync(
        ServerRequest request, Export export, ITargetRecovery recovery, CancellationToken cancel)
    {
        // What waits here for other clients must not keep their requests from being handled.
        request.Service.LeaveSlot(request);
        Errno admitted;
        try
        {
            ValueTask<Errno> entering = recovery.EnterAsync(request);
            if (!entering.IsCompleted)
                request.LeaveBuffer();
            admitted = await entering;
        }
        finally
        {
            request.Service.TakeSlot(request);
        }
        if (admitted != Errno.OK)
            return admitted;
        try
        {
            Errno error = export.IsConnected ? await Handle(request, export, cancel) : Errno.ENOTCONN;
            if (error != Errno.OK && (request.Flags & MsgFlags.REPLAY) != 0)
                export.Target.ReplayFailed(request, error);
            return error;
        }
        finally
        {
            recovery.Leave(request);
        }
    }

    static ValueTask<Errno> Handle(ServerRequest request, Export export, CancellationToken cancel)
    {
        if (request.IsDisconnect)
        {
            export.Target.Disconnect(export);   // the reply still finds its way: the request keeps the export
            return new(Errno.OK);
        }
        if (request.Opcode == (uint)ObdOpcode.Ping)
            return new(Errno.OK);

        OpcodeHandler? handler = export.Target.FindHandler(request.Opcode);
        if (handler is null)
            return new(Errno.EOPNOTSUPP);       // a newer client may ask for what we do not know: never stay silent
        if (request.Version != (uint)handler.Version)
            return new(Errno.EINVAL);
        return Act(request, export, handler, cancel);
    }

    // Bits are tested by hand: a debug build's HasFlag allocates, and a test counts what a request does.
    static ValueTask<Errno> Act(ServerRequest request, Export export, OpcodeHandler handler, CancellationToken cancel)
    {
        if (handler.Format is { } format)
            request.Capsule.SetFormat(format);
        if ((handler.Flags & HandlerFlags.IsMutable) != 0 && export.Supports(ConnectFlags.RDONLY))
            return new(Errno.EROFS);
        if ((handler.Flags & HandlerFlags.RememberReply) != 0)
        {
            if (export.Replies.TryGet(request.Xid, out byte[]? reply))
                return new(Reconstruct(request, reply));
            // Only where numbers rise with the slots' use can a slot tell that a request is old.
            if (export.Supports(ConnectFlags2.INC_XID) && (request.Flags & MsgFlags.REPLAY) == 0
                && export.Replies.IsObsolete(request.Xid, request.Tag))
            {
                return new(Errno.EPROTO);
            }
            request.RememberReply = true;
        }
        if ((handler.Flags & HandlerFlags.HasReply) != 0 && request.PackReply() is var error and not Errno.OK)
            return new(error);
        return handler.Act(request, cancel);
    }

    /// <summary>The request was executed before: its client gets the reply of then (req_can_reconstruct).</summary>
    static Errno Reconstruct(ServerRequest request, byte[] reply)
    {
        // Two requests of one number, of which the second does not claim to be the first again: somebody is confused.
        if ((request.Flags & (MsgFlags.RESENT | MsgFlags.REPLAY)) == 0)
            return Errno.ENOTCONN;
        request.Service.ResendReply(request, reply);
        request.NoReply = true;
        return Errno.OK;
    }
}
