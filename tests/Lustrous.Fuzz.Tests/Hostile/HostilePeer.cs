using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Ptlrpc;
using Lustrous.LNet;
using Lustrous.LNet.Lnd.Socklnd;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Fuzz.Tests.Hostile;

/// <summary>A socket and somebody who writes to it whatever does harm.</summary>
sealed class HostilePeer(HostileWorld world, Socket socket, string address) : IDisposable
{
    const int HeaderSize = KsockWire.PrefixSize + LNetHeader.Nid4Size;

    ulong _xid = 1 << 20;

    public Socket Socket => socket;

    public Nid Nid { get; } = HostileWorld.Tcp(address);

    public static async Task<HostilePeer> DialAsync(HostileWorld world, string address)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        await socket.ConnectAsync(world.Nid.ToIPAddress(), world.Port);
        return new HostilePeer(world, socket, address);
    }

    /// <summary>Dials and shakes hands as it should be done.</summary>
    public static async Task<HostilePeer> ConnectAsync(HostileWorld world, string address)
    {
        HostilePeer peer = await DialAsync(world, address);
        await peer.SendAsync(peer.Opening(world.Nid));
        await peer.ReadAsync(KsockWire.HelloSize(KsockWire.Version3));
        return peer;
    }

    public byte[] Opening(Nid target)
    {
        byte[] bytes = new byte[KsockWire.ConnreqNid16Size + KsockWire.HelloNid16Size];
        int size = KsockWire.WriteConnreq(bytes, target);
        size += KsockWire.WriteHello(bytes.AsSpan(size), new KsockHello
        {
            Version = KsockWire.Version3,
            SourceNid = Nid,
            DestinationNid = target,
            SourcePid = LNetProcessId.LustrePid,
            SourceIncarnation = 7,
            Type = SocklndConnectionType.CONTROL,
        });
        return bytes[..size];
    }

    /// <summary>A header that is right as it is.</summary>
    public LNetHeader Header(LNetMessageType type, uint portal = 0, int length = 0) => new()
    {
        DestinationNid = world.Nid,
        SourceNid = Nid,
        DestinationPid = LNetProcessId.LustrePid,
        SourcePid = LNetProcessId.LustrePid,
        Type = type,
        Handle = WireHandle.None,
        Portal = portal,
        MatchBits = _xid += 128,
        PayloadLength = (uint)length,
    };

    public static byte[] Message(in LNetHeader header, byte[] payload, uint checksum = 0)
    {
        byte[] bytes = new byte[HeaderSize + payload.Length];
        KsockWire.WritePrefix(bytes, KsockWire.LNet, checksum, 0, 0);
        header.WriteNid4(bytes.AsSpan(KsockWire.PrefixSize));
        payload.CopyTo(bytes, HeaderSize);
        return bytes;
    }

    /// <summary>A PUT to the echo service's portal.</summary>
    public byte[] Request(byte[] payload) =>
        Message(Header(LNetMessageType.Put, Portals.OST_REQUEST_PORTAL, payload.Length), payload);

    /// <summary>A request with a body and the buffers behind it.</summary>
    public static byte[] Lustre(Enum opcode, ulong handle, params byte[][] buffers)
    {
        int[] lengths = [Unsafe.SizeOf<PtlrpcBodyV3>(), .. buffers.Select(buffer => buffer.Length)];
        byte[] bytes = new byte[LustreMessage.Size(lengths)];
        LustreMessage message = LustreMessage.Format(bytes, lengths);
        ref PtlrpcBodyV3 body = ref MemoryMarshal.AsRef<PtlrpcBodyV3>(message.Buffer(0));
        body.Handle = new LustreHandle(handle);
        body.Type = PtlrpcMessageType.Request;
        body.Version = (uint)LustreMsgVersion.PTLRPC_MSG_VERSION | (uint)LustreMsgVersion.OST_VERSION;
        body.Opcode = Convert.ToUInt32(opcode, System.Globalization.CultureInfo.InvariantCulture);
        body.OpFlags = MsgConnectFlags.INITIAL;
        body.ConnectionCount = 1;
        body.Timeout = 20;
        for (int i = 0; i < buffers.Length; i++)
            buffers[i].CopyTo(message.Buffer(i + 1));
        return bytes;
    }

    public static byte[] Text(string text) => [.. Encoding.ASCII.GetBytes(text), 0];

    public async Task SendAsync(byte[] bytes)
    {
        for (int sent = 0; sent < bytes.Length;)
            sent += await socket.SendAsync(bytes.AsMemory(sent)).AsTask().WaitAsync(HostileWorld.Patience);
    }

    /// <summary>The next message of the server.</summary>
    public async Task<(LNetHeader Header, byte[] Payload)> ReadMessageAsync()
    {
        byte[] bytes = await ReadAsync(HeaderSize);
        LNetHeader header = LNetHeader.ReadNid4(bytes.AsSpan(KsockWire.PrefixSize));
        return (header, await ReadAsync((int)header.PayloadLength));
    }

    /// <summary>The body of the reply that comes next.</summary>
    public async Task<PtlrpcBodyV3> ReadReplyAsync()
    {
        (LNetHeader header, byte[] payload) = await ReadMessageAsync();
        Assert.Equal((LNetMessageType.Put, (uint)Portals.OSC_REPLY_PORTAL), (header.Type, header.Portal));
        Assert.Equal(Lustrous.Libcfs.Errno.OK, LustreMessage.Parse(payload, out LustreMessage message));
        return MemoryMarshal.Read<PtlrpcBodyV3>(message.Buffer(0));
    }

    /// <summary>The connection is still there: a ping of LNet is answered.</summary>
    public async Task IsStillConnectedAsync()
    {
        const ulong pingMatchBits = 0x8000000000000000;
        await SendAsync(Message(Header(LNetMessageType.Get) with { MatchBits = pingMatchBits, Length = 256 }, []));
        (LNetHeader header, _) = await ReadMessageAsync();
        Assert.Equal(LNetMessageType.Reply, header.Type);
    }

    /// <summary>Nothing more comes from the server, and it has closed.</summary>
    public async Task IsClosedAsync()
    {
        byte[] bytes = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(bytes.AsMemory()).AsTask().WaitAsync(HostileWorld.Patience) > 0)
            {
            }
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // It closed with bytes of ours unread.
        }
    }

    public void Dispose() => socket.Dispose();

    async Task<byte[]> ReadAsync(int length)
    {
        byte[] bytes = new byte[length];
        for (int got = 0; got < length;)
        {
            int part = await socket.ReceiveAsync(bytes.AsMemory(got)).AsTask().WaitAsync(HostileWorld.Patience);
            Assert.True(part > 0, "the server closed the connection");
            got += part;
        }
        return bytes;
    }
}
