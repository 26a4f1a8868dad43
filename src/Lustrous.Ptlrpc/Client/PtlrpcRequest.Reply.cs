using Lustrous.Idl.Ptlrpc;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Ptlrpc.Client;

// What a reply means (after_reply), and replay.
public sealed partial class PtlrpcRequest
{
    void HandleReply()
    {
        if (_truncated)
        {
            HandleTruncated();
            return;
        }
        if (!TryReadReply(out PtlrpcBodyV3 body))
        {
            End(Errno.EPROTO);
            return;
        }
        if (body.Status == -(int)Errno.EINPROGRESS && !NoResend && !NoRetryInProgress && !_isReplay)
        {
            // The server wants to be asked again: as a new request, and less and less often.
            _progressRetries++;
            _needsXid = true;
            Import.Unreplied(this);
            SendAgain(_node.Context.Uptime + TimeSpan.FromSeconds(Math.Min(_progressRetries, Math.Max(_timeout, 1))));
            return;
        }

        Errno error = StatusOf(body);
        if (!_isReplay)
            ReplyStatus = body.Status;
        if (error is Errno.ENOTCONN or Errno.ENODEV && SendState == ImportState.Full && !Import.IsReverse)
        {
            Import.Measure(this, body, _sentAt);
            HandleNotConnected(error);
            return;
        }
        Import.Replied(this, body, error, _sentAt, _isReplay);
        if (_bulkLinked && error == Errno.OK)
        {
            _phase = RequestPhase.Bulk;
            Arm(_due > _node.Context.Uptime ? _due : _node.Context.Uptime + TimeSpan.FromSeconds(_timeout));
            WhileBulk(RequestEvents.None);
            return;
        }
        if (error == Errno.OK && Bulk is { Failed: true })
            error = Errno.EIO;
        End(error);
    }

    /// <summary>The reply was longer than our buffer: send again with a larger one, which costs the server
    /// nothing.</summary>
    void HandleTruncated()
    {
        if (NoResend || _replyLength > LustreMessage.MaxLength + LustreMessage.EarlySize)
        {
            End(Errno.EOVERFLOW);
            return;
        }
        _replyRoom = _replyLength;
        SendAgain(TimeSpan.Zero);
    }

    /// <summary>The target does not know us any more: connect anew, and send again unless that turns out to be an
    /// eviction.</summary>
    void HandleNotConnected(Errno error)
    {
        uint connectCount = ConnectCount;
        if (NoResend)
            End(error);
        else
            SendAgain(TimeSpan.Zero);
        Import.NotConnected(connectCount);
    }

    bool TryReadReply(out PtlrpcBodyV3 body)
    {
        body = default;
        RequestCapsule capsule = ReplyCapsule;
        return capsule.Attach(MessageSide.Reply, _replyBuffer!.Slice(_replyOffset, _replyLength)) == Errno.OK
            && TryReadBody(capsule.Reply, out body)
            && body.Type is PtlrpcMessageType.Reply or PtlrpcMessageType.Err;
    }

    static Errno StatusOf(in PtlrpcBodyV3 body)
    {
        if (body.Status < 0 && body.Status != int.MinValue)
            return (Errno)(-body.Status);
        return body.Type == PtlrpcMessageType.Err || body.Status == int.MinValue ? Errno.EINVAL : Errno.OK;
    }

    /// <summary>The server's numbers of a request that has succeeded, under imp_lock: what a replay has to
    /// say.</summary>
    internal void SaveForReplay(in PtlrpcBodyV3 reply)
    {
        Transno = reply.Transno;
        ref PtlrpcBodyV3 body = ref RequestBody;
        body.Transno = reply.Transno;
        if (reply.Transno == 0)
            return;
        body.PreVersions = reply.PreVersions;
        body.Flags = (body.Flags & ~MsgFlags.RESENT) | MsgFlags.REPLAY;
    }

    internal void SetTimeout(int seconds) => _timeout = seconds;

    /// <summary>
    /// Sends an answered request again to a target that may have lost it. The caller's reply stays readable; the new
    /// one is in <see cref="ReplayReply"/>.
    /// </summary>
    internal Task<Errno> ReplayAsync(bool resent)
    {
        Lassert.That(_phase == RequestPhase.Done);
        _userReply ??= _replyBuffer;
        if (!ReferenceEquals(_userReply, _replyBuffer))
            _replyBuffer?.Dispose();
        _replyBuffer = null;
        ReplayReply = new RequestCapsule();
        ReplayReply.SetFormat(Capsule.Format!);
        if (resent)
            RequestBody.Flags |= MsgFlags.RESENT;
        _isReplay = true;
        _signalled = false;
        _resend = false;
        SendState = ImportState.Replay;
        _phase = RequestPhase.New;
        _replayed = new TaskCompletionSource<Errno>();
        Task<Errno> result = _replayed.Task;
        AddReference();
        Kick(RequestEvents.Start);
        return result;
    }

    /// <summary>Its replay was answered, or given up: it is the caller's answered request again.</summary>
    internal void EndReplay() => SendState = ImportState.Full;

    internal bool IsReplay => _isReplay;

    /// <summary>Nothing is under way: it may be replayed.</summary>
    internal bool IsIdle => _phase == RequestPhase.Done && !HoldsReplay;

    /// <summary>The target has answered the replay, whatever it says.</summary>
    internal bool ReplayAnswered => _replied;

    /// <summary>The body of the reply; only once it has one.</summary>
    internal PtlrpcBodyV3 ReplyBody
    {
        get
        {
            bool read = TryReadBody(Capsule.Reply, out PtlrpcBodyV3 body);
            Lassert.That(read);
            return body;
        }
    }
}
