using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Ptlrpc.Server;

// Replies: ptlrpc_send_reply, ptlrpc_send_error, ptlrpc_at_set_reply of lustre/ptlrpc/niobuf.c.
public sealed partial class Service
{
    /// <summary>Answers a request with its packed reply, or with an empty one.</summary>
    internal void SendReply(ServerRequest request, Errno error)
    {
        int status = error == Errno.OK ? request.Status : -(int)error;
        Guard(request, status);
        bool isError = !request.IsReplyPacked && error != Errno.OK && !IsCommon(error);
        PooledBuffer memory;
        int length;
        if (request.IsReplyPacked)
        {
            memory = request.TakeReply(out length);
        }
        else
        {
            length = EmptySize;
            memory = Context.Buffers.Take(length);
            LustreMessage.Format(memory.Span, [Unsafe.SizeOf<PtlrpcBodyV3>()]);
        }

        ref PtlrpcBodyV3 body = ref BodyOf(memory);
        body.Type = isError ? PtlrpcMessageType.Err : PtlrpcMessageType.Reply;
        body.Status = status;
        FillBody(request, ref body, isError);
        if (request is { RememberReply: true, Export: { } export })
            export.Replies.Add(request.Xid, memory.Span[..length], request.Tag);
        Put(request, memory, length);
    }

    [Conditional("DEBUG")]
    static void Guard(ServerRequest request, int status)
    {
        if (ReplyGuard.Violation(request.Capsule, request.Opcode, status) is { } broken)
            Lassert.Lbug($"{broken}: reply to {request}, status {status}");
    }

    /// <summary>
    /// Sends a reply again that was sent before and may have been lost. Only the clock's fields and the place it goes
    /// to are new.
    /// </summary>
    internal void ResendReply(ServerRequest request, ReadOnlySpan<byte> reply)
    {
        request.ReleaseReply();
        PooledBuffer memory = Context.Buffers.Take(reply.Length);
        reply.CopyTo(memory.Span);
        Put(request, memory, reply.Length);
    }

    /// <summary>Errors that the file system gives every day: the type of the reply stays REPLY
    /// (ptlrpc_send_error).</summary>
    static bool IsCommon(Errno error) =>
        error is Errno.ENOSPC or Errno.EACCES or Errno.EPERM or Errno.ENOENT or Errno.EINPROGRESS or Errno.EDQUOT
            or Errno.EROFS;

    static int EmptySize { get; } = LustreMessage.Size([Unsafe.SizeOf<PtlrpcBodyV3>()]);

    static ref PtlrpcBodyV3 BodyOf(PooledBuffer memory) =>
        ref MemoryMarshal.AsRef<PtlrpcBodyV3>(LustreMessage.Trusted(memory.Span, swabbed: false).Buffer(0));

    void FillBody(ServerRequest request, ref PtlrpcBodyV3 body, bool isError)
    {
        body.Version = (uint)LustreMsgVersion.PTLRPC_MSG_VERSION;
        body.Opcode = request.Opcode;
        body.Transno = request.ReplyTransno;
        body.PreVersions = request.ReplyVersions;
        body.OpFlags = request.ReplyOperationFlags;
        body.Handle = new LustreHandle(request.ReplyHandle);
        if (request.Export is { } export)
        {
            body.LastCommitted = export.LastCommitted;
            if (export.Supports(ConnectFlags.LRU_RESIZE))
            {
                body.Slv = export.Target.PoolServerLockVolume;
                body.Limit = export.Target.PoolLimit;
            }
        }

        int seconds = ServiceSeconds(request);
        // Errors and repeated requests say nothing about how long this service takes.
        const MsgFlags recovery =
            MsgFlags.RESENT | MsgFlags.REPLAY | MsgFlags.REQ_REPLAY_DONE | MsgFlags.LOCK_REPLAY_DONE;
        using (_lock.Enter())
        {
            if (!isError && (request.Flags & recovery) == 0)
                _estimate.Measure(seconds, (long)Context.Uptime.TotalSeconds);
            body.Timeout = (uint)_estimate.Seconds;
        }
        body.ServiceTime = (uint)seconds;
        // A client that is recovering must not learn from the error of somebody who does not know it.
        if (isError && (request.Export is null || request.Export.Target.IsRecovering))
            body.Timeout = 0;
    }

    /// <summary>Whole seconds since the request came; at least one, so that it counts.</summary>
    int ServiceSeconds(ServerRequest request)
    {
        PtlrpcOptions timeouts = Options.Timeouts;
        int most = timeouts.AdaptiveTimeouts ? timeouts.AtMaxSeconds : timeouts.ObdTimeoutSeconds * 3 / 2;
        return (int)Math.Clamp((Context.Uptime - request.Arrival).TotalSeconds, 1, most);
    }

    void Put(ServerRequest request, PooledBuffer memory, int length)
    {
        // From here on a resend is a new request: it must find a remembered reply, not this one in progress.
        ulong matchBits = request.Export is { } export ? export.End(request) : request.ReplyMatchBits;
        int offset = request.SupportsEarlyReply ? LustreMessage.EarlySize : 0;
        SavedLocks? locks = request.SavedLocks;
        request.SavedLocks = null;
        if (Context.FailPoints.Location != 0 && RequestFaults.IsReplyLost(Context.FailPoints, request))
        {
            memory.Dispose();
            locks?.Release();
            return;
        }
        EnterBusy();
        _freeReplies.Take().Send(memory, length, offset, matchBits, request.ReplyTarget, locks);
    }

    internal void OnReplyEnded(ReplyState reply)
    {
        _freeReplies.Return(reply);
        LeaveBusy();
    }
}
