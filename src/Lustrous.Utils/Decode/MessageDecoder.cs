using Lustrous.Idl.LNet;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Utils.Decode.Capture;

namespace Lustrous.Utils.Decode;

/// <summary>
/// From LNet messages to what they say: finds the format, takes the buffers apart, and matches replies and bulk with
/// the requests that they belong to.
/// </summary>
sealed class MessageDecoder
{
    // Requests remembered while their reply is awaited; beyond that the oldest are forgotten.
    const int MaxPending = 1 << 17;
    const uint ReservedPortal = 0;

    readonly Dictionary<(Nid Client, Nid Server, ulong MatchBits), Pending> _pending = [];
    readonly Queue<(Nid, Nid, ulong)> _order = [];
    readonly Dictionary<WireHandle, uint> _gets = [];       // return_wmd → opcode, 0 for a ping

    sealed record Pending(
        string Name, uint Opcode, RequestFormat? Format, LockType LockType, long TimeNanoseconds, ulong Xid);

    public DecodedMessage Decode(CapturedItem item)
    {
        LNetHeader header = item.Header;
        return header.Type switch
        {
            LNetMessageType.Put when IsBulk(header.Portal) => DecodeBulkPut(item),
            LNetMessageType.Put when header.Portal == ReservedPortal => new DecodedMessage
            {
                Item = item,
                Name = "LNET_PUSH",
                Payload = PayloadDecoder.DecodePing(item.Payload.Span),
            },
            LNetMessageType.Put => DecodeMessage(item),
            LNetMessageType.Get => DecodeGet(item),
            LNetMessageType.Reply => DecodeGetReply(item),
            LNetMessageType.Ack => new DecodedMessage { Item = item, Name = "LNET_ACK" },
            _ => Unreadable(item, "LNET_" + header.Type.ToString().ToUpperInvariant()),
        };
    }

    static bool IsBulk(uint portal) =>
        portal is Portals.OST_BULK_PORTAL or Portals.MDS_BULK_PORTAL or Portals.MGS_BULK_PORTAL;

    DecodedMessage DecodeMessage(CapturedItem item)
    {
        byte[] copy = item.Payload.ToArray();       // reversed in place where the sender has the other byte order
        if (LustreMessage.Parse(copy, out LustreMessage message) != Errno.OK)
            return Unreadable(item, "not a Lustre message");
        var probe = MessagePart.Decode("", message, null, MessageSide.Request, 0, 0);
        if (!probe.TryFind(out PtlrpcBodyV3 body))
            return Unreadable(item, "no ptlrpc_body");
        int trailing = copy.Length - message.Length;
        return body.Type == PtlrpcMessageType.Request
            ? DecodeRequest(item, message, body, trailing)
            : DecodeReply(item, message, body, trailing);
    }

    DecodedMessage DecodeRequest(CapturedItem item, in LustreMessage message, in PtlrpcBodyV3 body, int trailing)
    {
        RequestFormat? format = FormatSelector.OfRequest(message);
        var part = MessagePart.Decode("message", message, format, MessageSide.Request, body.Opcode, 0);
        LockType lockType = part.TryFind(out LdlmRequest lockRequest) ? lockRequest.Desc.Resource.Type : 0;
        if (format is not null && format.IndexOf(Rmf.DlmLvb, MessageSide.Request) >= 0)
            part = MessagePart.Decode("message", message, format, MessageSide.Request, body.Opcode, lockType);
        string name = OpcodeNames.OfRequest(message, body.Opcode, lockType);
        var pending = new Pending(
            name, body.Opcode, format, lockType, item.TimeNanoseconds, item.Header.MatchBits);
        Remember(item, pending, body.MatchBits);
        return new DecodedMessage
        {
            Item = item,
            Name = name,
            Payload = part,
            IsLustre = true,
            Body = body,
            Xid = item.Header.MatchBits,
            TrailingBytes = trailing,
        };
    }

    void Remember(CapturedItem item, Pending pending, ulong bulkMatchBits)
    {
        Nid client = item.Header.SourceNid, server = item.Header.DestinationNid;
        Add((client, server, item.Header.MatchBits), pending);
        // Replies and bulk may come under match bits of their own; a bulk of several MiB takes consecutive ones.
        if (bulkMatchBits != 0 && bulkMatchBits != item.Header.MatchBits)
            Add((client, server, bulkMatchBits), pending);
    }

    void Add((Nid, Nid, ulong) key, Pending pending)
    {
        if (!_pending.ContainsKey(key))
            _order.Enqueue(key);
        _pending[key] = pending;
        if (_order.Count > MaxPending)
            _pending.Remove(_order.Dequeue());
    }

    DecodedMessage DecodeReply(CapturedItem item, in LustreMessage message, in PtlrpcBodyV3 body, int trailing)
    {
        LNetHeader header = item.Header;
        _pending.TryGetValue((header.DestinationNid, header.SourceNid, header.MatchBits), out Pending? request);
        if (request is not null && request.Opcode != body.Opcode)
            request = null;
        RequestFormat? format = request?.Format ?? FormatSelector.OfOpcode(body.Opcode);
        // A refusal may have nothing but the body; the early reply never has more.
        LockType lockType = request?.LockType ?? 0;
        var part = MessagePart.Decode("message", message, format, MessageSide.Reply, body.Opcode, lockType);
        return new DecodedMessage
        {
            Item = item,
            Name = request?.Name ?? OpcodeNames.Of(body.Opcode),
            CountedAs = request is not null && request.Xid == header.MatchBits
                ? request.Name
                : OpcodeNames.Of(body.Opcode),
            Payload = part,
            IsLustre = true,
            IsReply = true,
            IsError = body.Type == PtlrpcMessageType.Err,
            // The real one goes behind the room for these (lustre_msg_early_size).
            IsEarly = header.Offset == 0 && (message.Flags & LustreMsgHeaderFlags.AT_SUPPORT) != 0
                && message.Checksum != 0,
            Body = body,
            Xid = request?.Xid ?? header.MatchBits,
            LatencyNanoseconds = request is null ? -1 : item.TimeNanoseconds - request.TimeNanoseconds,
            TrailingBytes = trailing,
        };
    }

    DecodedMessage DecodeBulkPut(CapturedItem item)
    {
        // A server puts what its client reads.
        Pending? owner = FindBulk(item.Header.DestinationNid, item.Header.SourceNid, item.Header.MatchBits);
        return new DecodedMessage
        {
            Item = item,
            Name = "BULK_PUT",
            Payload = PayloadDecoder.DecodeBulk(item.Payload.Span, owner?.Opcode ?? 0),
            Owner = owner?.Name,
            Xid = owner?.Xid ?? item.Header.MatchBits,
        };
    }

    DecodedMessage DecodeGet(CapturedItem item)
    {
        LNetHeader header = item.Header;
        Pending? owner = IsBulk(header.Portal)
            ? FindBulk(header.DestinationNid, header.SourceNid, header.MatchBits)
            : null;
        if (_gets.Count > MaxPending)
            _gets.Clear();
        _gets[header.Handle] = IsBulk(header.Portal) ? owner?.Opcode ?? uint.MaxValue : 0;
        return new DecodedMessage
        {
            Item = item,
            Name = IsBulk(header.Portal) ? "BULK_GET" : "LNET_PING",
            Owner = owner?.Name,
            Xid = owner?.Xid ?? header.MatchBits,
        };
    }

    DecodedMessage DecodeGetReply(CapturedItem item)
    {
        bool known = _gets.Remove(item.Header.Handle, out uint opcode);
        bool ping = known && opcode == 0;
        return new DecodedMessage
        {
            Item = item,
            Name = ping ? "LNET_PING" : "BULK_REPLY",
            Payload = ping
                ? PayloadDecoder.DecodePing(item.Payload.Span)
                : PayloadDecoder.DecodeBulk(item.Payload.Span, opcode),
            IsReply = true,
        };
    }

    /// <summary>Bulk beyond the first MiB counts its match bits on; the request names the last.</summary>
    Pending? FindBulk(Nid client, Nid server, ulong matchBits)
    {
        const int MaxDescriptors = 64;
        for (ulong ahead = 0; ahead < MaxDescriptors; ahead++)
        {
            if (_pending.TryGetValue((client, server, matchBits + ahead), out Pending? request))
                return request;
        }
        return null;
    }

    static DecodedMessage Unreadable(CapturedItem item, string name) => new()
    {
        Item = item,
        Name = name,
        Payload = item.Payload.Length == 0
            ? null
            : new BytesPart("undecoded", item.Payload.ToArray(), understood: false),
    };
}
