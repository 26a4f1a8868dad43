using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Lustrous.Echo;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.LNet.Lnd.Socklnd;

namespace Lustrous.Fuzz.Tests.Hostile;

/// <summary>
/// A server on real sockets, from TCP up to a target: whatever one peer sends, it gets what the protocol has for it,
/// the log says who it was, memory stays bounded, and the others go on meanwhile.
/// </summary>
public sealed class HostilePeerTests
{
    const string Good = "127.0.9.2", Evil = "127.0.9.66";

    /// <summary>Log lines that one offence may cost: what LNet says, and that socklnd closes for it.</summary>
    const int MaxLines = 2;

    [Theory]
    [InlineData("magic", "refused")]
    [InlineData("version", "refused")]
    [InlineData("target", "refused")]
    [InlineData("hello magic", "refused")]
    [InlineData("hello for another", "not ours")]
    [InlineData("hello type", "type")]
    public async Task A_bad_opening_is_closed_with_a_line(string offence, string logged)
    {
        await using HostileWorld world = await HostileWorld.StartAsync();
        WellBehaved client = await world.ConnectAsync(Good);
        using HostilePeer peer = await HostilePeer.DialAsync(world, Evil);
        byte[] opening = peer.Opening(world.Nid);
        switch (offence)
        {
            case "magic":
                opening[0] ^= 0xff;
                break;
            case "version":
                opening[4] = 0x77;
                break;
            case "target":
                opening = peer.Opening(HostileWorld.Tcp("127.0.9.99"));
                break;
            case "hello magic":
                opening[16] ^= 0xff;
                break;
            case "hello for another":
                opening[16 + 16] ^= 0x55;
                break;
            default:
                BinaryPrimitives.WriteUInt32LittleEndian(opening.AsSpan(16 + 48), 99);
                break;
        }
        await peer.SendAsync(opening);
        await peer.IsClosedAsync();
        await world.LoggedAsync(logged, Evil);
        await client.GoesOnAsync();
        Assert.InRange(world.Lines, 1, MaxLines);
    }

    [Theory]
    [InlineData("type", "unknown type")]
    [InlineData("lnet type", "no known type")]
    [InlineData("length", "payload of")]
    [InlineData("negative length", "payload of")]
    [InlineData("ack with payload", "may not")]
    [InlineData("destination", "directly")]
    [InlineData("checksum", "checksum error")]
    [InlineData("cookies", "unknown cookies")]
    public async Task What_breaks_the_protocol_costs_the_connection(string offence, string logged)
    {
        await using HostileWorld world = await HostileWorld.StartAsync();
        WellBehaved client = await world.ConnectAsync(Good);
        using HostilePeer peer = await HostilePeer.ConnectAsync(world, Evil);
        LNetHeader put = peer.Header(LNetMessageType.Put, Portals.OST_REQUEST_PORTAL, 8);
        byte[] message = HostilePeer.Message(put, new byte[8], offence == "checksum" ? 0xbadu : 0);
        message = offence switch
        {
            "type" => [0xff, .. message[1..]],
            "lnet type" => HostilePeer.Message(put with { Type = (LNetMessageType)77 }, new byte[8]),
            "length" => HostilePeer.Message(put with { PayloadLength = (1 << 20) + 1 }, new byte[8]),
            "negative length" => HostilePeer.Message(put with { PayloadLength = 0x8000_0000 }, new byte[8]),
            "ack with payload" => HostilePeer.Message(put with { Type = LNetMessageType.Ack }, new byte[8]),
            "destination" => HostilePeer.Message(
                put with { DestinationNid = HostileWorld.Tcp("127.0.9.99") }, new byte[8]),
            "cookies" => [.. message[..16], 9, .. message[17..]],
            _ => message,
        };
        await peer.SendAsync(message);
        await peer.IsClosedAsync();
        await world.LoggedAsync(logged, Evil);
        await client.GoesOnAsync();
        Assert.InRange(world.Lines, 1, MaxLines);
    }

    [Theory]
    [InlineData("no such portal", "for no portal")]
    [InlineData("unposted portal", "finds no descriptor")]
    [InlineData("get", "finds no descriptor")]
    [InlineData("forged reply", "nothing we wait for")]
    [InlineData("source", "not the peer it came from")]
    [InlineData("no message", "broken message")]
    [InlineData("wrong magic", "broken message")]
    [InlineData("no buffers", "broken message")]
    [InlineData("too many buffers", "broken message")]
    [InlineData("negative buffer length", "broken message")]
    [InlineData("buffers beyond the end", "broken message")]
    [InlineData("short body", "broken message")]
    [InlineData("protocol version", "broken message")]
    [InlineData("reply as request", "wrong packet type")]
    public async Task What_finds_no_place_is_thrown_away_with_a_line(string offence, string logged)
    {
        await using HostileWorld world = await HostileWorld.StartAsync();
        WellBehaved client = await world.ConnectAsync(Good);
        using HostilePeer peer = await HostilePeer.ConnectAsync(world, Evil);
        await peer.SendAsync(Unwanted(peer, offence));
        await world.LoggedAsync(logged, Evil);
        await peer.IsStillConnectedAsync();
        await client.GoesOnAsync();
        Assert.Equal(1, world.Lines);
    }

    static byte[] Unwanted(HostilePeer peer, string offence)
    {
        LNetHeader put = peer.Header(LNetMessageType.Put, Portals.OST_REQUEST_PORTAL, 8);
        byte[] request = HostilePeer.Lustre(ObdOpcode.Ping, 0);
        switch (offence)
        {
            case "no such portal":
                return HostilePeer.Message(put with { Portal = 0x7fff_ffff }, new byte[8]);
            case "unposted portal":
                return HostilePeer.Message(put with { Portal = Portals.MDS_REQUEST_PORTAL }, new byte[8]);
            case "get":
                return HostilePeer.Message(
                    peer.Header(LNetMessageType.Get, Portals.OST_BULK_PORTAL) with { Length = 1 << 20 }, []);
            case "forged reply":
                LNetHeader reply = peer.Header(LNetMessageType.Reply, 0, 8);
                return HostilePeer.Message(reply with { Handle = new WireHandle(0x1234, 0x5678) }, new byte[8]);
            case "source":
                return HostilePeer.Message(put with { SourceNid = HostileWorld.Tcp(Good) }, new byte[8]);
            case "no message":
                request = [1, 2, 3];
                break;
            case "wrong magic":
                request[8] ^= 0xff;
                break;
            case "no buffers":
                request[0] = 0;
                break;
            case "too many buffers":
                request[0] = 33;
                break;
            case "negative buffer length":
                BinaryPrimitives.WriteUInt32LittleEndian(request.AsSpan(32), 0xffff_fff8);
                break;
            case "buffers beyond the end":
                BinaryPrimitives.WriteUInt32LittleEndian(request.AsSpan(32), 184 + 8);
                break;
            case "short body":
                BinaryPrimitives.WriteUInt32LittleEndian(request.AsSpan(32), 40);
                break;
            case "protocol version":
                MemoryMarshal.AsRef<PtlrpcBodyV3>(request.AsSpan(40)).Version = 0x0bad_0000;
                break;
            default:
                MemoryMarshal.AsRef<PtlrpcBodyV3>(request.AsSpan(40)).Type = PtlrpcMessageType.Reply;
                break;
        }
        return peer.Request(request);
    }

    [Fact]
    public async Task A_late_ACK_is_nothing_to_speak_of()
    {
        await using HostileWorld world = await HostileWorld.StartAsync();
        using HostilePeer peer = await HostilePeer.ConnectAsync(world, Evil);
        LNetHeader ack = peer.Header(LNetMessageType.Ack) with { Handle = new WireHandle(1, 2), Length = 8 };
        for (int i = 0; i < 100; i++)
            await peer.SendAsync(HostilePeer.Message(ack, []));
        await peer.IsStillConnectedAsync();
        Assert.Equal(0, world.Lines);
    }

    [Fact]
    public async Task Requests_without_a_right_to_be_made_are_answered_with_the_protocols_error()
    {
        await using HostileWorld world = await HostileWorld.StartAsync();
        WellBehaved client = await world.ConnectAsync(Good);
        using HostilePeer peer = await HostilePeer.ConnectAsync(world, Evil);

        Assert.Equal(Errno.ENOTCONN, await AskAsync(HostilePeer.Lustre(ObdOpcode.Ping, 0)));
        Assert.Equal(Errno.ENOTCONN, await AskAsync(HostilePeer.Lustre(OstOpcode.Setattr, 0x1234_5678_9abc)));
        Assert.Equal(Errno.ENODEV, await AskAsync(Connect("nobody", "evil")));
        Assert.Equal(Errno.EINVAL, await AskAsync(HostilePeer.Lustre(OstOpcode.Connect, 0)));
        byte[] unended = Connect(EchoServer.Uuid, "evil");
        unended.AsSpan(40 + 184 + 24).Replace((byte)0, (byte)'x');
        Assert.Equal(Errno.EINVAL, await AskAsync(unended));

        await peer.SendAsync(peer.Request(Connect(EchoServer.Uuid, "evil")));
        PtlrpcBodyV3 connected = await peer.ReadReplyAsync();
        Assert.Equal(0, connected.Status);
        ulong handle = connected.Handle.Cookie;
        Assert.Equal(Errno.EOPNOTSUPP, await AskAsync(HostilePeer.Lustre(OstOpcode.Destroy, handle)));
        Assert.Equal(Errno.EPROTO, await AskAsync(HostilePeer.Lustre(OstOpcode.Setattr, handle)));
        Assert.Equal(Errno.EPROTO, await AskAsync(HostilePeer.Lustre(OstOpcode.Setattr, handle, new byte[7])));
        await client.GoesOnAsync();

        async Task<Errno> AskAsync(byte[] request)
        {
            await peer.SendAsync(peer.Request(request));
            return (Errno)(-(await peer.ReadReplyAsync()).Status);
        }
    }

    static byte[] Connect(string target, string client)
    {
        ObdConnectData data = new() { ConnectFlags = EchoClient.Flags };
        byte[] bytes = new byte[Marshal.SizeOf<ObdConnectData>()];
        MemoryMarshal.Write(bytes, data);
        return HostilePeer.Lustre(
            OstOpcode.Connect, 0, HostilePeer.Text(target), HostilePeer.Text(client), new byte[8], bytes, []);
    }

    [Fact]
    public async Task Peers_that_stop_in_the_middle_of_a_request_are_closed_in_time_and_stop_nobody()
    {
        await using HostileWorld world = await HostileWorld.StartAsync(
            new KsockTunables { Timeout = TimeSpan.FromSeconds(1) });
        WellBehaved client = await world.ConnectAsync(Good);
        List<HostilePeer> peers = [];
        for (int i = 0; i < 16; i++)
        {
            HostilePeer peer = await HostilePeer.ConnectAsync(world, $"127.0.9.{100 + i}");
            peers.Add(peer);
            byte[] request = peer.Request(new byte[16 << 10]);
            await peer.SendAsync(request[..(request.Length - 1 - i * 500)]);
        }
        await client.GoesOnAsync();
        foreach (HostilePeer peer in peers)
        {
            await peer.IsClosedAsync();
            peer.Dispose();
        }
        await world.LoggedAsync("no progress", "127.0.9.115");
        await client.GoesOnAsync();
        Assert.InRange(world.Lines, 16, 16 * MaxLines);
    }

    [Fact]
    public async Task A_flood_of_half_open_connections_leaves_room_for_others_and_in_the_log()
    {
        // So long that waiting for the flood to pass is no way out.
        await using HostileWorld world = await HostileWorld.StartAsync(new KsockTunables
        {
            AcceptTimeout = TimeSpan.FromSeconds(100),
        });
        WellBehaved before = await world.ConnectAsync(Good);
        List<HostilePeer> flood = [];
        for (int i = 0; i < 700; i++)
            flood.Add(await HostilePeer.DialAsync(world, Evil));
        await before.GoesOnAsync();
        WellBehaved after = await world.ConnectAsync("127.0.9.3");
        await after.GoesOnAsync();
        await world.LoggedAsync("too many connections", Evil);
        Assert.InRange(world.Lines, 1, 300);
        foreach (HostilePeer peer in flood)
            peer.Dispose();
    }

    [Fact]
    public async Task A_flood_of_requests_whose_answers_nobody_reads_costs_bounded_memory()
    {
        await using HostileWorld world = await HostileWorld.StartAsync(new KsockTunables { MaxQueuedMessages = 512 });
        WellBehaved client = await world.ConnectAsync(Good);
        await client.GoesOnAsync();
        long before = world.LNet.Context.Buffers.OutstandingBytes;
        using HostilePeer peer = await HostilePeer.ConnectAsync(world, Evil);
        peer.Socket.ReceiveBufferSize = 4096;
        peer.Socket.Blocking = false;
        byte[] request = peer.Request(HostilePeer.Lustre(ObdOpcode.Ping, 0));
        int offset = 0, blocked = 0;
        // Until the server reads no more, which is what the socket says each time the client has been served meanwhile.
        for (int i = 0; i < 200_000 && blocked < 5; i++)
        {
            int sent = peer.Socket.Send(
                request, offset, request.Length - offset, SocketFlags.None, out SocketError error);
            if (error == SocketError.WouldBlock)
            {
                await client.GoesOnAsync();
                Assert.InRange(world.LNet.Context.Buffers.OutstandingBytes - before, 0, 32 << 20);
                blocked++;
                continue;
            }
            blocked = 0;
            offset = (offset + sent) % request.Length;
        }
        Assert.Equal(5, blocked);
        await client.GoesOnAsync();
        Assert.InRange(world.Lines, 0, 120);
    }

    [Fact]
    public async Task A_flood_of_refused_openings_and_broken_requests_is_no_flood_of_lines()
    {
        await using HostileWorld world = await HostileWorld.StartAsync();
        WellBehaved client = await world.ConnectAsync(Good);
        long began = Environment.TickCount64;
        using HostilePeer peer = await HostilePeer.ConnectAsync(world, Evil);
        for (int i = 0; i < 500; i++)
        {
            await peer.SendAsync(peer.Request([1, 2, 3]));
            using HostilePeer opening = await HostilePeer.DialAsync(world, "127.0.9.67");
            await opening.SendAsync(new byte[16]);
            await opening.IsClosedAsync();
        }
        await peer.IsStillConnectedAsync();
        await client.GoesOnAsync();
        long seconds = 2 + (Environment.TickCount64 - began) / 1000;
        Assert.InRange(world.Lines, 1, seconds * 2 * 51);
    }
}
