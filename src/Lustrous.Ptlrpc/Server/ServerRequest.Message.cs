using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Idl.Wire;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Ptlrpc.Server;

// The two messages: what the request's body says, and the reply being packed.
public sealed partial class ServerRequest
{
    // A body without the job identifier (struct ptlrpc_body_v2) is what clients before 2.3 send, and early replies.
    const int MinBodySize = 152;

    PooledBuffer? _reply;
    bool _parsed;

    /// <summary>The fields of request and reply. The format is set by whoever knows the opcode.</summary>
    public RequestCapsule Capsule { get; } = new();

    /// <summary><c>pb_type</c>: request, reply or error.</summary>
    public PtlrpcMessageType MessageType { get; private set; }

    public uint Opcode { get; private set; }

    /// <summary>Which protocol the opcode belongs to, in the upper 16 bits (<c>pb_version</c>).</summary>
    public uint Version { get; private set; }

    /// <summary>The cookie of our export; 0 before the client is connected.</summary>
    public ulong HandleCookie { get; private set; }

    /// <summary>Number of the client's connection.</summary>
    public uint ConnectCount { get; private set; }

    public MsgFlags Flags { get; private set; }

    /// <summary><c>pb_op_flags</c>; these are those of a connect.</summary>
    public MsgConnectFlags OperationFlags { get; private set; }

    /// <summary>Of a replayed request, the number its transaction had; else 0.</summary>
    public ulong Transno { get; private set; }

    /// <summary>Of a replayed request, the versions that its objects had before it (<c>pb_pre_versions</c>).</summary>
    public Array4<ulong> PreVersions { get; private set; }

    /// <summary>The client has the replies up to here.</summary>
    public ulong LastXid { get; private set; }

    /// <summary>Slot of the client's modifying request; 0 for none (<c>pb_tag</c>).</summary>
    public ushort Tag { get; private set; }

    /// <summary>Seconds the client gives us.</summary>
    public uint TimeoutSeconds { get; private set; }

    /// <summary><c>pb_mbits</c>: match bits of the bulk, and of the reply where that was granted.</summary>
    public ulong BodyMatchBits { get; private set; }

    /// <summary>The client understands early replies and has room for one in front of the reply.</summary>
    public bool SupportsEarlyReply { get; private set; }

    /// <summary>Bytes the client has ready for the reply (<c>lm_repsize</c>).</summary>
    public uint ReplyRoom { get; private set; }

    /// <summary>Whether the reply has been packed.</summary>
    public bool IsReplyPacked => _reply is not null;

    /// <summary>A connect of any kind of target; <c>*_CONNECT</c>.</summary>
    public bool IsConnect => Opcode is (uint)OstOpcode.Connect or (uint)MdsOpcode.Connect or (uint)MgsOpcode.Connect;

    public bool IsDisconnect =>
        Opcode is (uint)OstOpcode.Disconnect or (uint)MdsOpcode.Disconnect or (uint)MgsOpcode.Disconnect;

    /// <summary>Match bits of the last bulk descriptor of the client (target_bulk_io).</summary>
    public ulong BulkMatchBits =>
        Export is { } export && export.Supports(ConnectFlags.BULK_MBITS) ? BodyMatchBits : Xid;

    /// <summary>Flags of the reply's body, beside those that ptlrpc sets (<c>pb_op_flags</c>).</summary>
    internal MsgConnectFlags ReplyOperationFlags { get; set; }

    /// <summary>Handle in the reply's body: of a connect, our export's cookie.</summary>
    internal ulong ReplyHandle { get; set; }

    /// <summary>Lays the reply out; the capsule's format and the sizes of its variable fields are set.</summary>
    /// <returns>EMSGSIZE when it would be longer than any message may be.</returns>
    public Errno PackReply()
    {
        int size = Capsule.MessageSize(MessageSide.Reply);
        if (size > LustreMessage.MaxLength)
            return Errno.EMSGSIZE;
        ReleaseReply();
        _reply = Service.Context.Buffers.Take(size);
        Capsule.Pack(MessageSide.Reply, _reply.Slice(0, _reply.Capacity));
        return Errno.OK;
    }

    /// <summary>Makes a field of the packed reply larger, moving the reply where it lies in too small a
    /// buffer.</summary>
    /// <returns>EMSGSIZE when it would be longer than any message may be.</returns>
    public Errno GrowReply(MessageField field, int sizeBytes)
    {
        if (Capsule.Grow(field, MessageSide.Reply, sizeBytes) == Errno.OK)
            return Errno.OK;
        int needed = Capsule.Reply.Length + sizeBytes + 8;
        if (needed > LustreMessage.MaxLength)
            return Errno.EMSGSIZE;
        PooledBuffer larger = Service.Context.Buffers.Take(needed);
        Capsule.MoveTo(MessageSide.Reply, larger.Slice(0, larger.Capacity));
        _reply!.Dispose();
        _reply = larger;
        return Capsule.Grow(field, MessageSide.Reply, sizeBytes);
    }

    public override string ToString()
    {
        string what = _parsed ? $"opcode {Opcode}" : "request";
        return $"{what} x{Xid} from {Peer}{(Export is { } export ? $" ({export.ClientUuid})" : "")}";
    }

    /// <summary>Reads the envelope: EPROTO or EINVAL for what is no request to us.</summary>
    internal Errno ParseMessage()
    {
        if (Capsule.Attach(MessageSide.Request, _memory) is var error and not Errno.OK)
            return error;
        LustreMessage message = Capsule.Request;
        ReadOnlySpan<byte> bytes = message.Buffer(0);
        if (bytes.Length < MinBodySize)
            return Errno.EINVAL;
        PtlrpcBodyV3 body = default;
        int length = Math.Min(bytes.Length, Unsafe.SizeOf<PtlrpcBodyV3>());
        bytes[..length].CopyTo(MemoryMarshal.AsBytes(new Span<PtlrpcBodyV3>(ref body)));
        if (message.IsSwabbed)
            body = PtlrpcBodyV3.Swab(body);
        if ((body.Version & ~(uint)LustreMsgVersionMasks.VERSION_MASK) != (uint)LustreMsgVersion.PTLRPC_MSG_VERSION)
            return Errno.EINVAL;

        MessageType = body.Type;
        Opcode = body.Opcode;
        Version = body.Version & (uint)LustreMsgVersionMasks.VERSION_MASK;
        HandleCookie = body.Handle.Cookie;
        ConnectCount = body.ConnectionCount;
        Flags = body.Flags;
        OperationFlags = body.OpFlags;
        Transno = body.Transno;
        PreVersions = body.PreVersions;
        LastXid = body.LastXid;
        Tag = body.Tag;
        TimeoutSeconds = body.Timeout;
        BodyMatchBits = body.MatchBits;
        SupportsEarlyReply = (message.Flags & LustreMsgHeaderFlags.AT_SUPPORT) != 0;
        ReplyRoom = message.ReplySize;
        _parsed = true;
        return Errno.OK;
    }

    /// <summary>Hands the packed reply over to be sent.</summary>
    internal PooledBuffer TakeReply(out int length)
    {
        PooledBuffer reply = _reply!;
        length = Capsule.Reply.Length;
        _reply = null;
        Capsule.Detach(MessageSide.Reply);
        return reply;
    }

    internal void ReleaseReply()
    {
        if (_reply is null)
            return;
        Capsule.Detach(MessageSide.Reply);
        _reply.Dispose();
        _reply = null;
    }

    void ClearMessage()
    {
        Capsule.Reset();
        _parsed = false;
        MessageType = default;
        Opcode = ConnectCount = TimeoutSeconds = ReplyRoom = 0;
        HandleCookie = Transno = LastXid = BodyMatchBits = ReplyHandle = 0;
        Flags = default;
        OperationFlags = default;
        Tag = 0;
        SupportsEarlyReply = false;
        ReplyOperationFlags = default;
        PreVersions = default;
    }
}
