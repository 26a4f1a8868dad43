using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Ptlrpc.Bulk;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Simulation;

namespace Lustrous.Ptlrpc.Tests.Client;

/// <summary>
/// A target that does what the test says: every request with its handle goes to <see cref="Script"/>; connects are
/// answered by itself unless the script takes them.
/// </summary>
sealed class ScriptedServer : ILNetEventHandler
{
    public const uint RequestPortal = Portals.OST_REQUEST_PORTAL;
    public const uint ReplyPortal = Portals.OSC_REPLY_PORTAL;

    readonly SimNode _node;
    readonly List<PooledBuffer> _buffers = [];

    public ScriptedServer(SimNode node, int buffers = 64)
    {
        _node = node;
        for (int i = 0; i < buffers; i++)
            Post(new MemoryDescriptor { Handler = this });
    }

    /// <summary>True when it has dealt with the request; else the default answer goes out.</summary>
    public Func<ScriptedRequest, bool> Script { get; set; } = static _ => false;

    /// <summary>Everything that arrived, in order.</summary>
    public List<ScriptedRequest> Requests { get; } = [];

    /// <summary>Flags granted of those asked.</summary>
    public ConnectFlags Grants { get; set; } = (ConnectFlags)ulong.MaxValue;

    public ConnectFlags2 Grants2 { get; set; } = (ConnectFlags2)ulong.MaxValue;

    public ulong Handle { get; set; } = 0x1001;

    /// <summary>Beside what follows from the handle.</summary>
    public MsgConnectFlags ConnectOpFlags { get; set; } = MsgConnectFlags.REPLAYABLE;

    public ulong LastCommitted { get; set; }

    /// <summary>REP_MBITS was granted.</summary>
    public bool RepliesToMatchBits { get; private set; }

    public LNetNode LNet => _node.LNet;

    public IEnumerable<ScriptedRequest> Of(uint opcode) => Requests.Where(r => r.Opcode == opcode);

    /// <summary>The requests but connects, disconnects and pings, as <c>opcode</c> numbers.</summary>
    public IEnumerable<ScriptedRequest> Calls =>
        Requests.Where(r => !r.IsConnect && r.Opcode is not ((uint)ObdOpcode.Ping or (uint)OstOpcode.Disconnect));

    public void Close()
    {
        _closed = true;
        foreach (MemoryDescriptor md in _posted.ToArray())
            LNet.Unlink(md);
        foreach (PooledBuffer buffer in _buffers)
            buffer.Dispose();
        _buffers.Clear();
    }

    public void AnswerConnect(ScriptedRequest request, ObdConnectData data, Errno status = Errno.OK)
    {
        RepliesToMatchBits = data.ConnectFlags2.HasFlag(ConnectFlags2.REP_MBITS);
        request.Reply(
            status, body =>
            {
                body.Handle = new LustreHandle(Handle);
                body.OpFlags = ConnectOpFlags;
                body.LastCommitted = LastCommitted;
                return body;
            },
            MemoryMarshal.AsBytes(new ReadOnlySpan<ObdConnectData>(in data)).ToArray());
    }

    void ILNetEventHandler.OnEvent(in LNetEvent e)
    {
        if (e.Unlinked)
            _posted.Remove(e.Descriptor);
        if (e.Kind == LNetEventKind.Put && e.Status == Errno.OK)
        {
            var request = new ScriptedRequest(this, e);
            Requests.Add(request);
            if (!request.IsConnect && request.Body.Handle.Cookie != Handle)
                request.Reply(Errno.ENOTCONN, static body => body with { Type = PtlrpcMessageType.Err });
            else if (!Script(request))
                Default(request);
        }
        if (e.Unlinked && !_closed)
            Post(e.Descriptor);
    }

    void Default(ScriptedRequest request)
    {
        if (!request.IsConnect)
        {
            request.Reply();
            return;
        }
        ObdConnectData data = request.ConnectData;
        data.ConnectFlags &= Grants;
        data.ConnectFlags2 &= Grants2;
        AnswerConnect(request, data);
    }

    readonly HashSet<MemoryDescriptor> _posted = [];
    bool _closed;

    void Post(MemoryDescriptor md)
    {
        if (md.FragmentCount == 0)
        {
            PooledBuffer buffer = _node.Context.Buffers.Take(16 << 10);
            _buffers.Add(buffer);
            md.SetSingle(buffer.Slice(0, buffer.Capacity));
        }
        md.Threshold = 1;
        md.Options = MdOptions.OpPut;
        _posted.Add(md);
        Assert.Equal(
            Errno.OK,
            LNet.Attach(
                (int)RequestPortal, LNetProcessId.Any, 0, ulong.MaxValue, MdUnlink.Unlink, MatchPosition.After, md));
    }
}

/// <summary>A request as it arrived.</summary>
sealed class ScriptedRequest : ILNetEventHandler, IBulkOwner
{
    readonly ScriptedServer _server;
    readonly LNetProcessId _client;
    readonly Nid _self;
    PooledBuffer? _sent;

    public unsafe ScriptedRequest(ScriptedServer server, in LNetEvent e)
    {
        _server = server;
        _client = e.Initiator;
        _self = e.SelfNid;
        Xid = e.MatchBits;
        byte[] bytes = new Span<byte>(e.Descriptor.Fragments[0].Start + e.Offset, e.MatchedLength).ToArray();
        Assert.Equal(Errno.OK, LustreMessage.Parse(bytes, out LustreMessage message));
        Body = MemoryMarshal.Read<PtlrpcBodyV3>(message.Buffer(0));
        HeaderFlags = (uint)message.Flags;
        ReplySize = message.ReplySize;
        if (IsConnect)
            ConnectData = MemoryMarshal.Read<ObdConnectData>(message.Buffer(4));
    }

    public ulong Xid { get; }

    public PtlrpcBodyV3 Body { get; }

    public uint HeaderFlags { get; }

    public uint ReplySize { get; }

    public ObdConnectData ConnectData { get; }

    public uint Opcode => Body.Opcode;

    public bool IsConnect => Opcode == (uint)OstOpcode.Connect;

    public bool IsResent => (Body.Flags & MsgFlags.RESENT) != 0;

    public bool IsReplay => (Body.Flags & MsgFlags.REPLAY) != 0;

    public bool SupportsEarly => (HeaderFlags & (uint)LustreMsgHeaderFlags.AT_SUPPORT) != 0;

    /// <summary>Match bits the client wants its reply at.</summary>
    public ulong ReplyBits { get; set; }

    public int BulkBytes { get; private set; } = -1;

    public void Reply(Errno status = Errno.OK, Func<PtlrpcBodyV3, PtlrpcBodyV3>? change = null, byte[]? extra = null)
    {
        int[] lengths = extra is null ? [184] : [184, extra.Length];
        _sent = _server.LNet.Context.Buffers.Take(LustreMessage.Size(lengths));
        LustreMessage message = LustreMessage.Format(_sent.Span, lengths);
        PtlrpcBodyV3 body = new()
        {
            Type = PtlrpcMessageType.Reply,
            Opcode = Opcode,
            Status = -(int)status,
            LastCommitted = _server.LastCommitted,
            Timeout = 1,
            ConnectionCount = Body.ConnectionCount,
        };
        if (change is not null)
            body = change(body);
        MemoryMarshal.Write(message.Buffer(0), in body);
        extra?.CopyTo(message.Buffer(1));
        Put(message.Length, SupportsEarly ? LustreMessage.EarlySize : 0);
    }

    public void Early(uint timeoutSeconds, bool spoilt = false)
    {
        _sent = _server.LNet.Context.Buffers.Take(LustreMessage.EarlySize);
        LustreMessage message = LustreMessage.Format(_sent.Span, [184]);
        PtlrpcBodyV3 body = new() { Type = PtlrpcMessageType.Reply, Opcode = Opcode, Timeout = timeoutSeconds };
        MemoryMarshal.Write(message.Buffer(0), in body);
        message.Checksum = MessageChecksum.Of(message.Buffer(0)) + (spoilt ? 1u : 0);
        Put(message.Length, 0);
    }

    /// <summary>Bytes that are no message, where the reply belongs.</summary>
    public void Garbage(int length)
    {
        _sent = _server.LNet.Context.Buffers.Take(length);
        _sent.Span[..length].Fill(0xA5);
        Put(length, SupportsEarly ? LustreMessage.EarlySize : 0);
    }

    /// <summary>Moves the client's bulk, then calls <paramref name="done"/>.</summary>
    public void Move(BulkDescriptor bulk, Action<BulkDescriptor> done)
    {
        _done = done;
        Assert.Equal(Errno.OK, bulk.Start(_server.LNet, _self, _client, Body.MatchBits, this));
    }

    Action<BulkDescriptor>? _done;

    void IBulkOwner.OnBulkEnded(BulkDescriptor bulk)
    {
        BulkBytes = (int)bulk.TransferredBytes;
        _done!(bulk);
    }

    void ILNetEventHandler.OnEvent(in LNetEvent e)
    {
        if (e.Unlinked)
            ((PooledBuffer)e.Descriptor.UserState!).Dispose();
    }

    void Put(int length, int offset)
    {
        var md = new MemoryDescriptor { Threshold = 1, Handler = this, UserState = _sent };
        md.SetSingle(_sent!.Slice(0, length));
        _server.LNet.Put(
            md, 0, length, ackWanted: false, _self, _client, (int)ScriptedServer.ReplyPortal,
            ReplyBits != 0 ? ReplyBits
                : !IsConnect && Body.MatchBits != 0 && _server.RepliesToMatchBits ? Body.MatchBits : Xid,
            offset, headerData: 0);
    }
}
