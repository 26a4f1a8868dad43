using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Ptlrpc;
using Lustrous.LNet;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Ptlrpc.Client;

// Sending, and what comes back (ptl_send_rpc, reply_in_callback, after_reply).
public sealed partial class PtlrpcRequest
{
    // A body without the job identifier: what old servers send, and early replies.
    const int MinBodySize = 152;

    PooledBuffer? _requestBuffer;
    PooledBuffer? _replyBuffer;
    PooledBuffer? _userReply;       // the first reply, while a replay brings another
    int _replyRoom;                 // bytes for the reply, early replies not counted; grows when a reply did not fit
    int _replyOffset, _replyLength;
    bool _truncated;
    bool _earlyExpected;            // AT: the reply comes behind EarlySize, early replies before
    int _earlyTimeout;              // seconds, of the latest early reply
    int _timeout;                   // seconds, of the present attempt
    int _latency;
    TimeSpan _due;

    /// <summary>Connection of the present attempt.</summary>
    internal uint ConnectCount { get; private set; }

    internal ref PtlrpcBodyV3 RequestBody =>
        ref MemoryMarshal.AsRef<PtlrpcBodyV3>(Capsule.Request.Buffer(0));

    RequestCapsule ReplyCapsule => ReplayReply ?? Capsule;

    /// <summary>
    /// Gives it its number and match bits, under imp_lock (<c>ptlrpc_set_mbits</c>). A bulk sent again gets new match
    /// bits, so that a transfer of the last attempt cannot land in the memory of this one.
    /// </summary>
    internal void Number(bool bulkMatchBits, bool isResend)
    {
        int count = Bulk?.DescriptorCount ?? 1;
        bool isFirst = Xid == 0 || _needsXid;
        if (isFirst)
            Xid = _node.Xids.Next();
        _needsXid = false;
        if (isFirst)
            MatchBits = Xid;
        else if (isResend && bulkMatchBits)
            MatchBits = _node.Xids.Next();
        else if (isResend && Bulk is not null)
            MatchBits = Xid = _node.Xids.Next();
        else
            return;         // a replay keeps what it had
        MatchBits += (uint)(count - 1);
        // Servers without BULK_MBITS take the xid for the last match bits.
        if (!bulkMatchBits && Bulk is not null)
            Xid = MatchBits;
    }

    void Transmit(in SendTicket ticket)
    {
        _phase = RequestPhase.Sent;
        _replied = _truncated = false;
        _timedOut = false;
        Attempts++;
        ConnectCount = ticket.ConnectCount;
        _earlyExpected = (ticket.HeaderFlags & LustreMsgHeaderFlags.AT_SUPPORT) != 0;
        _latency = ticket.LatencySeconds;
        FillEnvelope(ticket);

        Errno status = RegisterBulk(ticket.Peer);
        if (status == Errno.OK)
            status = AttachReply(ticket);
        _sentAt = _node.Context.Uptime;
        _due = _sentAt + TimeSpan.FromSeconds(_timeout + _latency);
        if (status != Errno.OK)
        {
            End(status);
            return;
        }
        Arm(_due);
        if (_node.Context.FailPoints.Check(ObdFail.DropRpc))
            return;
        status = SendRequest(ticket.Peer);
        if (status != Errno.OK)
            End(status);
    }

    void FillEnvelope(in SendTicket ticket)
    {
        LustreMessage message = Capsule.Request;
        message.Flags = ticket.HeaderFlags;
        message.ReplySize = (uint)Math.Max(_replyRoom, Capsule.MessageSize(MessageSide.Reply));
        ref PtlrpcBodyV3 body = ref RequestBody;
        body.Handle = new LustreHandle(ticket.RemoteHandle);
        body.Type = PtlrpcMessageType.Request;
        body.Status = _node.ProcessId;
        body.LastXid = ticket.LastXid;
        body.Tag = Tag;
        body.ConnectionCount = ticket.ConnectCount;
        body.Timeout = (uint)_timeout;
        body.MatchBits = ticket.HasMatchBits ? MatchBits : 0;
        if (_resend)
            body.Flags |= MsgFlags.RESENT;
        _resend = false;
        if (_isReplay)
            body.ServiceTime = (uint)ticket.LatencySeconds;
        if (_node.JobId is { } jobId && !_isReplay)
            SetJobId(ref body, jobId());
    }

    static void SetJobId(ref PtlrpcBodyV3 body, string jobId)
    {
        Span<byte> text = MemoryMarshal.AsBytes(new Span<Idl.Wire.Text32>(ref body.JobId));
        text.Clear();
        // One byte stays for the NUL.
        System.Text.Unicode.Utf8.FromUtf16(jobId, text[..^1], out _, out _);
    }

    Errno RegisterBulk(LNetProcessId peer)
    {
        if (Bulk is not { DescriptorCount: > 0 } bulk)
            return Errno.OK;
        _bulkLinked = true;
        return bulk.Register(_node.LNet, peer, MatchBits, this);
    }

    Errno AttachReply(in SendTicket ticket)
    {
        int room = Math.Max(_replyRoom, Capsule.MessageSize(MessageSide.Reply)) + LustreMessage.EarlySize;
        if (_replyBuffer is { } old && old.Capacity < room)
        {
            old.Dispose();
            _replyBuffer = null;
        }
        _replyBuffer ??= _node.Context.Buffers.Take(room);
        _replyMd.SetSingle(_replyBuffer.Slice(0, _replyBuffer.Capacity));
        _replyMd.Threshold = -1;        // early replies, any number
        _replyMd.Options = MdOptions.OpPut | MdOptions.ManageRemote | MdOptions.Truncate;
        _replyLinked = true;
        Errno status = _node.LNet.Attach(
            (int)ReplyPortal, ticket.Peer, ticket.ReplyMatchBits, ignoreBits: 0, MdUnlink.Retain, MatchPosition.After,
            _replyMd);
        _replyLinked = status == Errno.OK;
        return status;
    }

    Errno SendRequest(LNetProcessId peer)
    {
        int length = Capsule.Request.Length;
        _requestMd.SetSingle(_requestBuffer!.Slice(0, length));
        _requestMd.Threshold = 1;
        _requestMd.Options = MdOptions.None;
        _requestLinked = true;
        AddReference();     // until LNet is done with the request buffer, which may be after the reply
        Errno status = _node.LNet.Put(
            _requestMd, 0, length, ackWanted: false, Nid.Any, peer, (int)RequestPortal, Xid, remoteOffset: 0,
            headerData: 0);
        if (status == Errno.OK)
            return status;
        // No event follows, so nobody else gives these back.
        _requestLinked = false;
        Release();
        return status;
    }

    void ILNetEventHandler.OnEvent(in LNetEvent e)
    {
        if (ReferenceEquals(e.Descriptor, _requestMd))
        {
            bool failed = e.Status != Errno.OK || e.Kind == LNetEventKind.Unlink;
            RequestEvents events = failed ? RequestEvents.NetError : RequestEvents.None;
            Kick(e.Unlinked ? events | RequestEvents.RequestOut : events);
            if (e.Unlinked)
                Release();
            return;
        }
        RequestEvents reply = e.Kind == LNetEventKind.Put && e.Status == Errno.OK ? OnReply(e) : RequestEvents.None;
        if (e.Unlinked)
            reply |= RequestEvents.ReplyUnlinked;
        if (reply != RequestEvents.None)
            Kick(reply);
    }

    RequestEvents OnReply(in LNetEvent e)
    {
        if (e.MatchedLength < e.RequestedLength)
        {
            _truncated = true;
            _replyLength = (int)Math.Min((long)e.RequestedLength + e.Offset, int.MaxValue);
            return RequestEvents.ReplyArrived;
        }
        if (_earlyExpected && e.Offset == 0)
            return ReadEarly(e.MatchedLength) ? RequestEvents.EarlyReply : RequestEvents.None;
        (_replyOffset, _replyLength) = (e.Offset, e.MatchedLength);
        return RequestEvents.ReplyArrived;
    }

    /// <summary>An early reply asks for more time; one that is no message is ignored
    /// (<c>ptlrpc_at_recv_early_reply</c>).</summary>
    bool ReadEarly(int length)
    {
        // The next one may overwrite it any time: work on a copy, and trust the checksum.
        Span<byte> copy = stackalloc byte[512];
        if (length > copy.Length)
            return false;
        _replyBuffer!.Span[..length].CopyTo(copy);
        if (LustreMessage.Parse(copy[..length], out LustreMessage message) != Errno.OK
            || message.BufferCount != 1 || message.Checksum != MessageChecksum.Of(message.Buffer(0))
            || !TryReadBody(message, out PtlrpcBodyV3 body))
        {
            return false;
        }
        int limit = Math.Max(_node.Options.AtMaxSeconds, _node.Options.ObdTimeoutSeconds);
        _earlyTimeout = (int)Math.Clamp(body.Timeout, 1u, (uint)PtlrpcOptions.EstimateToTimeout(limit));
        return true;
    }

    void ExtendDeadline()
    {
        EarlyReplies++;
        _timeout = Volatile.Read(ref _earlyTimeout);
        // The server counts from the request's arrival, which we do not know: from its sending is sooner.
        _due = _sentAt + TimeSpan.FromSeconds(_timeout + _latency);
        Arm(_due);
    }

    static bool TryReadBody(LustreMessage message, out PtlrpcBodyV3 body)
    {
        body = default;
        ReadOnlySpan<byte> bytes = message.Buffer(0);
        if (bytes.Length < MinBodySize)
            return false;
        bytes = bytes[..Math.Min(bytes.Length, Unsafe.SizeOf<PtlrpcBodyV3>())];
        bytes.CopyTo(MemoryMarshal.AsBytes(new Span<PtlrpcBodyV3>(ref body)));
        if (message.IsSwabbed)
            body = PtlrpcBodyV3.Swab(body);
        return true;
    }
}
