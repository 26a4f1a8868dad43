using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Simulation;

namespace Lustrous.Ptlrpc.Tests.Server;

delegate void BodyEdit(ref PtlrpcBodyV3 body);

/// <summary>One request of a <see cref="ScriptedClient"/> and everything the server answered to it.</summary>
sealed class ScriptedExchange : ILNetEventHandler
{
    readonly TaskCompletionSource<ScriptedReply> _final = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly PooledBuffer _memory;
    readonly MemoryDescriptor _md = new();
    readonly bool _hasEarly;

    public ScriptedExchange(LNetNode lnet, LNetProcessId server, uint portal, ulong matchBits, bool hasEarly)
    {
        _hasEarly = hasEarly;
        _memory = lnet.Context.Buffers.Take(64 << 10);
        _md.SetSingle(_memory.Slice(0, 64 << 10));
        _md.Threshold = -1;
        _md.Options = MdOptions.OpPut | MdOptions.ManageRemote | MdOptions.Truncate;
        _md.Handler = this;
        Assert.Equal(Errno.OK, lnet.Attach(
            (int)portal, server, matchBits, 0, MdUnlink.Unlink, MatchPosition.After, _md));
        Lnet = lnet;
    }

    LNetNode Lnet { get; }

    /// <summary>The reply proper.</summary>
    public Task<ScriptedReply> Reply => _final.Task;

    public bool IsAnswered => _final.Task.IsCompleted;

    /// <summary>Replies proper that came; more than one is a server that answers twice.</summary>
    public int Replies { get; private set; }

    public List<ScriptedReply> Earlies { get; } = [];

    public void Close() => Lnet.Unlink(_md);

    public void OnEvent(in LNetEvent e)
    {
        if (e.Kind == LNetEventKind.Put && e.Status == Errno.OK)
        {
            var reply = new ScriptedReply(_memory.Span.Slice(e.Offset, e.MatchedLength).ToArray(), e.Offset);
            if (_hasEarly && e.Offset == 0)
            {
                Earlies.Add(reply);
            }
            else
            {
                Replies++;
                _final.TrySetResult(reply);
            }
        }
        if (e.Unlinked)
            _memory.Dispose();
    }
}

/// <summary>A reply as it came.</summary>
sealed record ScriptedReply(byte[] Bytes, int Offset)
{
    public PtlrpcBodyV3 Body => MemoryMarshal.Read<PtlrpcBodyV3>(Buffer(0));

    public Errno Error => (Errno)(-Body.Status);

    public byte[] Buffer(int index)
    {
        Assert.Equal(Errno.OK, LustreMessage.Parse(Bytes.ToArray(), out LustreMessage message));
        return message.Buffer(index).ToArray();
    }

    public uint Checksum
    {
        get
        {
            Assert.Equal(Errno.OK, LustreMessage.Parse(Bytes.ToArray(), out LustreMessage message));
            return message.Checksum;
        }
    }

    public ObdConnectData ConnectData => MemoryMarshal.Read<ObdConnectData>(Buffer(1));
}

/// <summary>
/// A client that says exactly what a test tells it to, byte by byte, and believes nothing. Fields of the body that
/// matter in every request (handle, connection count, xid) it keeps by itself; a test may overwrite them.
/// </summary>
sealed class ScriptedClient(SimNode node, LNetProcessId server, uint requestPortal, uint replyPortal, int number)
{
    readonly List<ScriptedExchange> _open = [];
    ulong _xid = (ulong)(number + 1) << 40;

    public ulong Handle { get; set; }

    public uint ConnectCount { get; set; } = 1;

    public bool EarlyReplies { get; set; }

    public string Uuid { get; set; } = "client-1";

    /// <summary>What callbacks would carry; tells one life of the client from the next.</summary>
    public ulong OwnHandle { get; set; } = 0xC11E47;

    public SimNode Node => node;

    public ulong LastXid { get; private set; }

    /// <summary>Sends a request of these buffers after the body.</summary>
    public ScriptedExchange Send(Enum opcode, BodyEdit? edit = null, params byte[][] buffers)
    {
        byte[] bytes = Build(opcode, edit, buffers, out ulong xid);
        return SendBytes(bytes, xid);
    }

    /// <summary>Sends it again as it was, marked as a resend.</summary>
    public ScriptedExchange Resend(Enum opcode, ulong xid, BodyEdit? edit = null, params byte[][] buffers)
    {
        byte[] bytes = Build(opcode, (ref PtlrpcBodyV3 body) =>
        {
            body.Flags |= MsgFlags.RESENT;
            edit?.Invoke(ref body);
        }, buffers, out _);
        return SendBytes(bytes, xid);
    }

    /// <summary>Sends any bytes as a request.</summary>
    public ScriptedExchange SendBytes(byte[] bytes, ulong xid, ulong replyMatchBits = 0)
    {
        ScriptedExchange exchange = null!;
        node.Host.Call(() =>
        {
            exchange = new ScriptedExchange(
                node.LNet, server, replyPortal, replyMatchBits == 0 ? xid : replyMatchBits, EarlyReplies);
            _open.Add(exchange);
            new OutgoingPut(node.LNet, bytes).Send(server, requestPortal, xid);
        });
        return exchange;
    }

    public async Task<ScriptedReply> CallAsync(Enum opcode, BodyEdit? edit = null, params byte[][] buffers) =>
        await Send(opcode, edit, buffers).Reply;

    /// <summary>Connects and keeps what the server gives.</summary>
    public async Task<ScriptedReply> ConnectAsync(
        ObdConnectData data, string target = "echo-OST0000_UUID", MsgConnectFlags flags = MsgConnectFlags.INITIAL)
    {
        ScriptedReply reply = await SendConnect(data, target, flags).Reply;
        if (reply.Error == Errno.OK)
            Handle = reply.Body.Handle.Cookie;
        return reply;
    }

    public ScriptedExchange SendConnect(
        ObdConnectData data, string target = "echo-OST0000_UUID", MsgConnectFlags flags = MsgConnectFlags.INITIAL)
    {
        return Send(OstOpcode.Connect, (ref PtlrpcBodyV3 body) => body.OpFlags = flags,
            Text(target), Text(Uuid), Bytes(OwnHandle), Bytes(data), []);
    }

    public byte[] Build(Enum opcode, BodyEdit? edit, byte[][] buffers, out ulong xid)
    {
        int[] lengths = [184, .. buffers.Select(b => b.Length)];
        var bytes = new byte[LustreMessage.Size(lengths)];
        LustreMessage message = LustreMessage.Format(bytes, lengths);
        message.Flags = EarlyReplies ? LustreMsgHeaderFlags.AT_SUPPORT : 0;
        uint code = Convert.ToUInt32(opcode, System.Globalization.CultureInfo.InvariantCulture);
        ref PtlrpcBodyV3 body = ref MemoryMarshal.AsRef<PtlrpcBodyV3>(message.Buffer(0));
        body.Handle = new LustreHandle(Handle);
        body.Type = PtlrpcMessageType.Request;
        body.Version = (uint)LustreMsgVersion.PTLRPC_MSG_VERSION | (uint)LustreMsgVersion.OST_VERSION;
        body.Opcode = code;
        body.ConnectionCount = ConnectCount;
        body.Timeout = 20;
        xid = LastXid = _xid += 128;
        body.MatchBits = xid;
        edit?.Invoke(ref body);
        for (int i = 0; i < buffers.Length; i++)
            buffers[i].CopyTo(message.Buffer(i + 1));
        return bytes;
    }

    public void Close()
    {
        node.Host.Call(() =>
        {
            foreach (ScriptedExchange exchange in _open)
                exchange.Close();
        });
        _open.Clear();
    }

    public static byte[] Text(string text) => [.. Encoding.ASCII.GetBytes(text), 0];

    public static byte[] Bytes<T>(T value) where T : unmanaged
    {
        var bytes = new byte[Unsafe.SizeOf<T>()];
        MemoryMarshal.Write(bytes, value);
        return bytes;
    }

    sealed class OutgoingPut : ILNetEventHandler
    {
        readonly LNetNode _lnet;
        readonly PooledBuffer _memory;
        readonly MemoryDescriptor _md = new();

        public OutgoingPut(LNetNode lnet, byte[] bytes)
        {
            _lnet = lnet;
            _memory = lnet.Context.Buffers.Take(Math.Max(1, bytes.Length));
            bytes.CopyTo(_memory.Span);
            _md.SetSingle(_memory.Slice(0, bytes.Length));
            _md.Threshold = 1;
            _md.Handler = this;
        }

        public void Send(LNetProcessId server, uint portal, ulong xid) =>
            Assert.Equal(Errno.OK, _lnet.Put(
                _md, 0, _md.Length, ackWanted: false, Nid.Any, server, (int)portal, xid, 0, 0));

        public void OnEvent(in LNetEvent e)
        {
            if (e.Unlinked)
                _memory.Dispose();
        }
    }
}
