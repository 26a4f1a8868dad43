using System.Net.Sockets;
using Lustrous.Idl.LNet;
using Lustrous.LNet.Matching;
using Lustrous.LNet.Peers;

namespace Lustrous.LNet;

/// <summary>Incoming messages, from their header to their event (lnet_parse in lib-move.c).</summary>
public sealed partial class LNetNode
{
    readonly LogLimiter _logLimit;

    /// <summary>
    /// Says where a message whose header has arrived belongs; see <see cref="Lnd.ILndUpcalls.Parse"/>. Nothing in the
    /// header is trusted: what breaks the protocol is EPROTO, what finds no place is taken and thrown away.
    /// </summary>
    public Errno Parse(LNetInterface ni, in LNetHeader header, Nid from, LNetReceive receive)
    {
        receive.Start(this, ni, header, from);
        if (Stopping)
            return Errno.ESHUTDOWN;
        if (CheckHeader(ni, header) is { } broken)
        {
            Log(LogLevel.Error, header, from, broken);
            ni.CountError();
            return Errno.EPROTO;
        }
        if (header.DestinationNid != ni.Nid)
        {
            Drop(receive, "is for another net, and we do not route");
            return Errno.OK;
        }
        if (ni != _loopback)
        {
            receive.Peer = _peers.GetOrAdd(from);
            if (receive.Peer is { } peer)
                NoteHeard(peer);
            // Only a router may speak for others, and then for nodes of other nets.
            if (header.SourceNid != from && header.SourceNid.Net == from.Net
                && !_peers.AreSamePeer(header.SourceNid, from))
            {
                Drop(receive, "names a source that is not the peer it came from");
                return Errno.OK;
            }
        }
        ref EventInfo info = ref receive.Event;
        info.Source = new LNetProcessId(header.SourceNid, header.SourcePid);
        info.Initiator = new LNetProcessId(_peers.Primary(header.SourceNid), header.SourcePid);
        info.Sender = from;
        info.SelfNid = header.DestinationNid;
        string? refusal = header.Type switch
        {
            LNetMessageType.Put => ParsePut(receive),
            LNetMessageType.Get => ParseGet(receive),
            _ => ParseResponse(receive),
        };
        if (refusal is not null)
            Drop(receive, refusal);
        else
            ni.CountReceived(receive.DestinationLength);
        return Errno.OK;
    }

    string? CheckHeader(LNetInterface ni, in LNetHeader header)
    {
        switch (header.Type)
        {
            case LNetMessageType.Ack or LNetMessageType.Get:
                if (header.PayloadLength != 0)
                    return "has a payload and may not";
                break;
            case LNetMessageType.Put or LNetMessageType.Reply:
                if (header.PayloadLength > MaxPayload)
                    return "is longer than 1 MiB";
                break;
            default:
                return "is of no known type";
        }
        // A sender that knows what it does never sends these (lnet_parse: "chop them off at the knees").
        if (header.DestinationNid != ni.Nid)
        {
            if (header.DestinationNid.Net == ni.Nid.Net)
                return "should have been sent to its destination directly";
            if (IsLocal(header.DestinationNid))
                return "is for an address of ours on another net";
        }
        bool fromLoopback = header.SourceNid.IsLoopback;
        if (header.SourceNid.IsAny || !HasUsableForm(header.SourceNid) || fromLoopback != (ni == _loopback))
            return "has an impossible source";
        return null;
    }

    /// <summary>Addresses of 4 or 16 bytes; anything else cannot be answered.</summary>
    static bool HasUsableForm(Nid nid) => nid.IsNid4 || nid.AddressFamily == AddressFamily.InterNetworkV6;

    string? ParsePut(LNetReceive receive)
    {
        LNetHeader header = receive.Header;
        if (header.Portal >= PortalCount)
            return "is for no portal";
        ref EventInfo info = ref receive.Event;
        info.Kind = LNetEventKind.Put;
        info.Portal = (int)header.Portal;
        info.MatchBits = header.MatchBits;
        info.HeaderData = header.HeaderData;
        info.RequestedLength = (int)header.PayloadLength;
        MatchRequest request = PutRequest(header, info.Initiator, receive.Movable is not null);
        Portal portal = _portals[header.Portal];
        MatchResult match;
        bool lazy;
        using (portal.Lock.Enter())
        {
            match = portal.Match(request);
            lazy = portal.Lazy;
        }
        if (match.Outcome == MatchOutcome.None && lazy)
            return PrepareDelay(receive);
        if (match.Outcome != MatchOutcome.Found)
            return match.Outcome == MatchOutcome.TooBig ? "is too big for its descriptor" : "finds no descriptor";
        TakePut(receive, match);
        return null;
    }

    static MatchRequest PutRequest(in LNetHeader header, LNetProcessId initiator, bool movable) => new()
    {
        Operation = MdOptions.OpPut,
        Initiator = initiator,
        MatchBits = header.MatchBits,
        RemoteOffset = header.Offset,
        Length = (int)header.PayloadLength,
        Movable = movable,
    };

    static void TakePut(LNetReceive receive, in MatchResult match)
    {
        receive.Kind = ReceiveKind.Event;
        receive.Descriptor = match.Descriptor;
        receive.Event.Offset = match.Offset;
        receive.Event.MatchedLength = match.Length;
        receive.AckWanted = WantsAck(receive.Header, match.Descriptor);
        receive.Moved = match.Move;
        if (match.Move)
        {
            receive.Event.MovedBuffer = receive.Movable;
            return;
        }
        receive.SetDestination(match.Descriptor, match.Offset, match.Length);
    }

    static bool WantsAck(in LNetHeader header, MemoryDescriptor md) =>
        header.Handle != WireHandle.None && (md.Options & MdOptions.AckDisable) == 0;

    string? ParseGet(LNetReceive receive)
    {
        LNetHeader header = receive.Header;
        if (header.Portal >= PortalCount)
            return "is for no portal";
        ref EventInfo info = ref receive.Event;
        // A sink of more than one message could hold is taken as what can be sent.
        int wanted = (int)Math.Min(header.Length, MaxPayload);
        MatchRequest request = new()
        {
            Operation = MdOptions.OpGet,
            Initiator = info.Initiator,
            MatchBits = header.MatchBits,
            RemoteOffset = header.Offset,
            Length = wanted,
        };
        Portal portal = _portals[header.Portal];
        MatchResult match;
        using (portal.Lock.Enter())
            match = portal.Match(request);
        if (match.Outcome != MatchOutcome.Found)
            return match.Outcome == MatchOutcome.TooBig ? "wants more than its descriptor has" : "finds no descriptor";
        info.Kind = LNetEventKind.Get;
        info.Portal = (int)header.Portal;
        info.MatchBits = header.MatchBits;
        info.Offset = match.Offset;
        info.MatchedLength = match.Length;
        info.RequestedLength = wanted;

        LNetMessage reply = RentMessage();
        reply.Header.Type = LNetMessageType.Reply;
        reply.Header.Handle = header.Handle;
        reply.SetPayload(match.Descriptor, match.Offset, match.Length);
        reply.Descriptor = match.Descriptor;
        reply.Event = info;
        PrepareResponse(reply, receive.Interface, info.Source, receive.From);
        receive.Reply = reply;
        receive.Kind = ReceiveKind.Get;
        return null;
    }

    void PrepareResponse(LNetMessage message, LNetInterface ni, LNetProcessId to, Nid from)
    {
        message.Header.SourcePid = Options.Pid;
        message.Header.DestinationPid = to.Pid;
        message.Self = ni.Nid;
        message.Target = to;
        message.AnswerTo = from;
        message.IsResponse = true;
    }

    /// <summary>An ACK or REPLY, which must come from the peer that was asked and be what it was asked for.</summary>
    string? ParseResponse(LNetReceive receive)
    {
        LNetHeader header = receive.Header;
        ref EventInfo info = ref receive.Event;
        bool isReply = header.Type == LNetMessageType.Reply;
        int sent = (int)header.PayloadLength;
        if (!isReply && header.Length > MaxPayload)
            return "tells of more than 1 MiB";
        HandleStripe stripe = _stripes[HandleStripe.StripeOf(header.Handle.ObjectCookie)];
        using (stripe.Lock.Enter())
        {
            MemoryDescriptor? md = stripe.Find(header.Handle);
            if (md is null || md.Threshold == 0 || md.ResponseType != header.Type
                || !_peers.AreSamePeer(md.ResponsePeer.Nid, header.SourceNid))
                return "answers nothing we wait for";
            int taken = Math.Min(sent, md.Length);
            if (taken < sent && (md.Options & MdOptions.Truncate) == 0)
                return "is longer than its descriptor";
            md.BeginOperation();
            receive.Descriptor = md;
            receive.SetDestination(md, 0, taken);
        }
        receive.Kind = ReceiveKind.Event;
        info.Kind = isReply ? LNetEventKind.Reply : LNetEventKind.Ack;
        info.RequestedLength = sent;
        info.MatchedLength = isReply ? receive.DestinationLength : (int)header.Length;
        info.MatchBits = header.MatchBits;
        return null;
    }

    void ILNetCompletions.OnReceiveComplete(LNetReceive receive, Errno status)
    {
        ReceiveKind kind = receive.Kind;
        receive.Kind = ReceiveKind.Drop;
        switch (kind)
        {
            case ReceiveKind.Event:
                MemoryDescriptor md = receive.Descriptor!;
                bool ack = receive.AckWanted;
                // The handler may block on nothing, but the driver may use the receive again as soon as this returns.
                status = EndOperation(md, receive.Event, status);
                if (ack && status == Errno.OK)
                    SendAck(receive.Interface, receive.Header, receive.Event.MatchedLength, receive.From);
                break;
            case ReceiveKind.Get:
                LNetMessage reply = receive.Reply!;
                if (status == Errno.OK)
                    Launch(reply);
                else
                    EndSend(reply, status);
                break;
            case ReceiveKind.Delay:
                EndDelayReceive(receive, status);
                break;
            default:
                break;
        }
    }

    /// <summary>
    /// Tells the sender of a PUT how much of it was taken, once it is in place (lnet_complete_msg_locked).
    /// </summary>
    void SendAck(LNetInterface ni, in LNetHeader put, int taken, Nid from)
    {
        LNetMessage ack = RentMessage();
        ack.Header.Type = LNetMessageType.Ack;
        ack.Header.Handle = put.Handle;
        ack.Header.MatchBits = put.MatchBits;
        ack.Header.Length = (uint)taken;
        PrepareResponse(ack, ni, new LNetProcessId(put.SourceNid, put.SourcePid), from);
        Launch(ack);
    }

    void Drop(LNetReceive receive, string reason)
    {
        receive.Kind = ReceiveKind.Drop;
        receive.Interface.CountDropped(receive.Header.PayloadLength);
        // Late ACKs are part of life: whoever waited has given up (lnet_parse_ack: "Don't moan").
        LogLevel level = receive.Header.Type == LNetMessageType.Ack ? LogLevel.Trace : LogLevel.Warning;
        Log(level, receive.Header, receive.From, reason);
    }

    void Log(LogLevel level, in LNetHeader header, Nid from, string what)
    {
        if (!_logLimit.MayWrite(level))
            return;
        Context.Log.Write(new LogEvent(level, LogSource,
            $"{header.Type} from {from} (source {header.SourceNid}, destination {header.DestinationNid},"
            + $" portal {header.Portal}, match bits {header.MatchBits:x}, {header.PayloadLength} bytes,"
            + $" offset {header.Offset}) {what}"));
    }
}
