using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet.Lnd.Socklnd;

namespace Lustrous.LNet.Tests.Socklnd;

/// <summary>Acceptor and HELLO towards peers that behave like kernels, and towards some that do not.</summary>
[Collection("sockets")]
public sealed class KsockHandshakeTests
{
    static readonly Nid Low = TestNode.Tcp("127.0.0.3"), High = TestNode.Tcp("127.0.0.77");

    static byte[] Corrupt(byte[] opening, int at, byte value)
    {
        opening[at] = value;
        return opening;
    }

    public static TheoryData<string, byte[]> BadOpenings()
    {
        Nid node = TestNode.Tcp("127.0.0.1");
        return new TheoryData<string, byte[]>
        {
            { "connection request with magic 12345678", [0x78, 0x56, 0x34, 0x12, 0, 0, 0, 0] },
            { "connection request with magic eebc0ded", [0xed, 0x0d, 0xbc, 0xee, 1, 0, 0, 0] },
            { "version 9", Corrupt(ScriptedPeer.Opening(node, High), 4, 9)[..16] },
            { "not one of our NIDs", ScriptedPeer.Opening(TestNode.Tcp("10.0.0.1"), High)[..16] },
            { "HELLO with magic", Corrupt(ScriptedPeer.Opening(node, High), 16, 0)[..24] },
            { "HELLO of version 7", Corrupt(ScriptedPeer.Opening(node, High), 20, 7)[..24] },
            { "cannot be on our network", ScriptedPeer.Opening(node, Nid.FromNid4(0x0002_0001_7f00_004d)) },
            { "cannot be on our network", ScriptedPeer.Opening(node, Nid.Any) },
            { "with type -1", ScriptedPeer.Opening(node, High, SocklndConnectionType.NONE) },
            { "with type 9", ScriptedPeer.Opening(node, High, (SocklndConnectionType)9) },
            { "HELLO with 17 addresses", Corrupt(ScriptedPeer.Opening(node, High), 16 + 52, 17) },
            { "which is not ours", Corrupt(ScriptedPeer.Opening(node, High), 16 + 16, 9) },
        };
    }

    [Theory]
    [MemberData(nameof(BadOpenings))]
    public async Task A_bad_opening_is_closed_with_one_line_and_harms_nobody(string reason, byte[] opening)
    {
        await using TestNode node = await TestNode.StartAsync("127.0.0.1");
        using ScriptedPeer good = await ScriptedPeer.ConnectAsync(node, Low);
        using ScriptedPeer bad = await ScriptedPeer.DialAsync(node);
        await bad.SendAsync(opening);
        await bad.ReadToEndAsync();
        string line = await node.LoggedAsync(reason);
        Assert.Contains("127.0.0.77", line, StringComparison.Ordinal);
        LNetHeader header = node.Put(node.Nid, 5, 3);
        await good.SendAsync(ScriptedPeer.Message(header, [1, 2, 3]));
        Assert.Equal([1, 2, 3], (await node.ReceiveAsync()).Payload);
        Assert.Empty(node.LogSoFar());
    }

    [Fact]
    public async Task Who_dials_while_descriptors_are_out_is_let_in_when_there_are_some_again()
    {
        TestClock clock = new();
        await using TestNode node = await TestNode.StartAsync("127.0.0.1", clock: clock);
        node.Context.FailPoints.Set(KsockListener.FailAccept);
        using ScriptedPeer peer = await ScriptedPeer.DialAsync(node);
        await peer.SendAsync(ScriptedPeer.Opening(node.Nid, High));
        await node.LoggedAsync("cannot accept: EMFILE");
        node.Context.FailPoints.Clear();
        // Nobody else dials: only the clock brings the acceptor back.
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(node.Nid, (await peer.ReadHelloAsync()).SourceNid);
        Assert.Empty(node.LogSoFar());
    }

    [Fact]
    public async Task A_connection_inside_the_machine_is_not_paced()
    {
        await using TestNode node = await TestNode.StartAsync("127.0.0.1");
        using ScriptedPeer peer = await ScriptedPeer.ConnectAsync(node, Low);
        Assert.Equal("reno", CongestionControl(OtherEndOf(peer.Socket)));

        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(Low.ToIPAddress(), 0));
        listener.Listen();
        int port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        await using TestNode dialler =
            await TestNode.StartAsync("127.0.0.4", new KsockTunables { AcceptPort = 0, PeerPort = _ => port });
        Result<int> dialled = KsockDialer.Dial(dialler.Lnd, dialler.Nid, Low, out _);
        Assert.Equal("reno", CongestionControl(dialled.Value));
        _ = Libc.close(dialled.Value);
    }

    // This process's socket at the other end. It is only looked at: tests beside this one have sockets too.
    static unsafe int OtherEndOf(Socket end)
    {
        Span<byte> wanted = end.LocalEndPoint!.Serialize().Buffer.Span;
        byte* peer = stackalloc byte[128];
        foreach (string path in Directory.GetFiles("/proc/self/fd"))
        {
            int fd = int.Parse(Path.GetFileName(path), null);
            int length = 128;
            // Family, port and address.
            if (getpeername(fd, peer, &length) == 0 && new Span<byte>(peer, 8).SequenceEqual(wanted[..8]))
                return fd;
        }
        throw new InvalidOperationException("no socket of this process has it at its other end");
    }

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    static extern unsafe int getpeername(int fd, byte* address, int* length);

    static unsafe string CongestionControl(int fd)
    {
        byte* name = stackalloc byte[16];
        int length = 16;
        Assert.Equal(0, Libc.getsockopt(fd, Libc.IPPROTO_TCP, Libc.TCP_CONGESTION, name, &length));
        return System.Text.Encoding.ASCII.GetString(name, length).TrimEnd('\0');
    }

    [Fact]
    public async Task A_peer_of_an_unknown_version_is_told_ours()
    {
        await using TestNode node = await TestNode.StartAsync("127.0.0.1");
        using ScriptedPeer request = await ScriptedPeer.DialAsync(node);
        await request.SendAsync(Corrupt(ScriptedPeer.Opening(node.Nid, High), 4, 9)[..16]);
        byte[] answer = await request.ReadToEndAsync();
        Assert.Equal(KsockWire.ConnreqNid4Size, KsockWire.ConnreqSize(answer, out _, out uint version));
        Assert.Equal(KsockWire.AcceptorVersion, version);
        using ScriptedPeer hello = await ScriptedPeer.DialAsync(node);
        await hello.SendAsync(Corrupt(ScriptedPeer.Opening(node.Nid, High), 20, 7)[..24]);
        KsockHello told = await hello.ReadHelloAsync();
        Assert.Equal(3, told.Version);
        Assert.Equal(SocklndConnectionType.NONE, told.Type);
    }

    [Fact]
    public async Task Who_says_nothing_or_too_little_is_closed_when_the_time_is_up()
    {
        TestClock clock = new();
        await using TestNode node = await TestNode.StartAsync("127.0.0.1", clock: clock);
        using ScriptedPeer silent = await ScriptedPeer.DialAsync(node);
        using ScriptedPeer slow = await ScriptedPeer.DialAsync(node);
        await slow.SendAsync(ScriptedPeer.Opening(node.Nid, High)[..40]);
        using ScriptedPeer good = await ScriptedPeer.ConnectAsync(node, Low);
        clock.Advance(TimeSpan.FromSeconds(7));
        Task<byte[]> ofSilent = silent.ReadToEndAsync(), ofSlow = slow.ReadToEndAsync();
        // A connection that was accepted just now may not have begun to listen to the clock.
        for (int i = 0; i < 100 && !(ofSilent.IsCompleted && ofSlow.IsCompleted); i++)
        {
            await Task.Delay(50);
            clock.Advance(TimeSpan.FromMilliseconds(100));
        }
        Assert.Empty(await ofSilent);
        Assert.Empty(await ofSlow);
        await good.SendAsync(ScriptedPeer.Message(node.Put(node.Nid, 5, 0), []));
        await node.ReceiveAsync();
    }

    [Fact]
    public async Task With_accept_secure_an_unreserved_port_is_refused()
    {
        await using TestNode node =
            await TestNode.StartAsync("127.0.0.1", new KsockTunables { Accept = AcceptMode.Secure });
        using ScriptedPeer peer = await ScriptedPeer.DialAsync(node);
        Assert.Empty(await peer.ReadToEndAsync());
        await node.LoggedAsync("insecure port");
    }

    [Fact]
    public async Task Half_open_connections_and_those_of_one_address_are_bounded()
    {
        await using TestNode node = await TestNode.StartAsync(
            "127.0.0.1", new KsockTunables { MaxHalfOpen = 3, MaxConnectionsPerAddress = 2 });
        using ScriptedPeer first = await ScriptedPeer.DialAsync(node, "127.0.0.80");
        using ScriptedPeer second = await ScriptedPeer.DialAsync(node, "127.0.0.80");
        using ScriptedPeer third = await ScriptedPeer.DialAsync(node, "127.0.0.80");
        Assert.Empty(await third.ReadToEndAsync());
        using ScriptedPeer other = await ScriptedPeer.ConnectAsync(node, High);
        using ScriptedPeer fourth = await ScriptedPeer.DialAsync(node, "127.0.0.81");
        using ScriptedPeer fifth = await ScriptedPeer.DialAsync(node, "127.0.0.82");
        Assert.Empty(await fifth.ReadToEndAsync());
        first.Dispose();
        await node.LoggedAsync("closed before its HELLO");
        using ScriptedPeer sixth = await ConnectSoonAsync(node);
    }

    // The place of a connection is free soon after its end has been logged.
    static async Task<ScriptedPeer> ConnectSoonAsync(TestNode node)
    {
        for (int i = 0; ; i++)
        {
            try
            {
                return await ScriptedPeer.ConnectAsync(node, Low);
            }
            catch (Exception e) when (i < 100 && e is IOException or SocketException)
            {
                await Task.Delay(50);
            }
        }
    }

    [Fact]
    public async Task A_peer_of_the_other_byte_order_is_understood()
    {
        await using TestNode node = await TestNode.StartAsync("127.0.0.1");
        using ScriptedPeer peer = await ScriptedPeer.DialAsync(node);
        byte[] opening = ScriptedPeer.Opening(node.Nid, High);
        Array.Reverse(opening, 0, 4);
        Array.Reverse(opening, 4, 4);
        Array.Reverse(opening, 8, 8);
        KsockWireTests.Swab(opening[16..]).CopyTo(opening, 16);
        await peer.SendAsync(opening);
        Assert.Equal(High, (await peer.ReadHelloAsync()).DestinationNid);
        // The prefix is in its order; the LNet header is little endian on every machine.
        byte[] message = ScriptedPeer.Message(node.Put(node.Nid, 0x1234, 2), [7, 8], cookie0: 0x55);
        Array.Reverse(message, 0, 4);
        Array.Reverse(message, 8, 8);
        await peer.SendAsync(message);
        Arrival arrival = await node.ReceiveAsync();
        Assert.Equal(High, arrival.From);
        Assert.Equal(0x1234u, arrival.Header.MatchBits);
        Assert.Equal([7, 8], arrival.Payload);
        Assert.Equal(ScriptedPeer.Noop(0, 0x55), await peer.ReadAsync(KsockWire.PrefixSize));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Our_messages_leave_over_connections_that_the_peer_dialled(int version)
    {
        await using TestNode node = await TestNode.StartAsync("127.0.0.1");
        using ScriptedPeer control = await ScriptedPeer.ConnectAsync(node, High, version: version);
        using ScriptedPeer bulk =
            await ScriptedPeer.ConnectAsync(node, High, SocklndConnectionType.BULK_IN, version: version);
        Assert.Equal(Errno.OK, await node.SendAsync(High, 1, [1, 2, 3]));
        byte[] small = await control.ReadAsync(KsockWire.PrefixSize + LNetHeader.Nid4Size + 3);
        Assert.Equal(1u, LNetHeader.ReadNid4(small.AsSpan(KsockWire.PrefixSize)).MatchBits);
        Assert.Equal(Errno.OK, await node.SendAsync(High, 2, new byte[3000]));
        byte[] large = await bulk.ReadAsync(KsockWire.PrefixSize + LNetHeader.Nid4Size + 3000);
        Assert.Equal(2u, LNetHeader.ReadNid4(large.AsSpan(KsockWire.PrefixSize)).MatchBits);
    }

    [Fact]
    public async Task A_newer_incarnation_replaces_the_connections_of_the_older()
    {
        await using TestNode node = await TestNode.StartAsync("127.0.0.1");
        using ScriptedPeer old = await ScriptedPeer.ConnectAsync(node, High, incarnation: 7);
        // Half a message of the former life: it must never arrive.
        await old.SendAsync(ScriptedPeer.Message(node.Put(node.Nid, 1, 100), new byte[100])[..120]);
        using ScriptedPeer reborn = await ScriptedPeer.ConnectAsync(node, High, incarnation: 8);
        await old.ReadToEndAsync();
        await reborn.SendAsync(ScriptedPeer.Message(node.Put(node.Nid, 2, 0), []));
        Arrival arrival;
        do
            arrival = await node.ReceiveAsync();
        while (arrival.Status != Errno.OK);
        Assert.Equal(2u, arrival.Header.MatchBits);
        using ScriptedPeer stale = await ScriptedPeer.DialAsync(node);
        await stale.SendAsync(ScriptedPeer.Opening(node.Nid, High, incarnation: 7));
        Assert.Equal(SocklndConnectionType.NONE, (await stale.ReadHelloAsync()).Type);
    }

    /// <summary>The peer that the node dials: a listener in the test.</summary>
    static async Task<ScriptedPeer> AcceptAsync(Socket listener) =>
        new(await listener.AcceptAsync().WaitAsync(TimeSpan.FromMinutes(2)));

    static Socket Listen(string address)
    {
        Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(new IPEndPoint(IPAddress.Parse(address), TestNode.Port));
        listener.Listen();
        return listener;
    }

    static async Task<KsockHello> ReadOpeningAsync(ScriptedPeer peer, Nid self)
    {
        Assert.Equal(self, KsockWire.ReadConnreq(await peer.ReadAsync(KsockWire.ConnreqNid4Size)));
        return await peer.ReadHelloAsync();
    }

    static Task AnswerAsync(
        ScriptedPeer peer, in KsockHello hello, SocklndConnectionType type, Nid? claim = null, int version = 3)
    {
        byte[] bytes = new byte[KsockWire.HelloNid16Size];
        KsockHello answer = hello with
        {
            Version = version,
            SourceNid = claim ?? hello.DestinationNid,
            DestinationNid = hello.SourceNid,
            SourceIncarnation = 7,
            Type = type,
        };
        return peer.SendAsync(bytes[..KsockWire.WriteHello(bytes, answer)]);
    }

    [Fact]
    public async Task We_dial_control_and_both_kinds_of_bulk_and_the_first_carries_what_waits()
    {
        using Socket listener = Listen("127.0.0.77");
        await using TestNode node = await TestNode.StartAsync("127.0.0.1");
        Task<Errno> sent = node.SendAsync(High, 9, new byte[2000]);
        List<SocklndConnectionType> types = [];
        List<ScriptedPeer> peers = [];
        for (int i = 0; i < 3; i++)
        {
            ScriptedPeer peer = await AcceptAsync(listener);
            peers.Add(peer);
            KsockHello hello = await ReadOpeningAsync(peer, High);
            Assert.Equal(3, hello.Version);
            Assert.Equal(node.Nid, hello.SourceNid);
            Assert.NotEqual(0u, hello.SourceIncarnation);
            types.Add(hello.Type);
            await AnswerAsync(peer, hello, KsockWire.Invert(hello.Type));
        }
        Assert.Equal(
            [SocklndConnectionType.CONTROL, SocklndConnectionType.BULK_IN, SocklndConnectionType.BULK_OUT], types);
        Assert.Equal(Errno.OK, await sent);
        byte[] message = await peers[0].ReadAsync(KsockWire.PrefixSize + LNetHeader.Nid4Size + 2000);
        Assert.Equal(9u, LNetHeader.ReadNid4(message.AsSpan(KsockWire.PrefixSize)).MatchBits);
        if (node.Lnd.MayUseReservedPorts)
            Assert.All(peers, peer => Assert.InRange(((IPEndPoint)peer.Socket.RemoteEndPoint!).Port, 512, 1023));
        peers.ForEach(peer => peer.Dispose());
    }

    [Fact]
    public async Task A_lost_race_is_dialled_again_after_a_pause_while_the_message_waits()
    {
        TestClock clock = new();
        using Socket listener = Listen("127.0.0.77");
        await using TestNode node = await TestNode.StartAsync("127.0.0.1", clock: clock);
        Task<Errno> sent = node.SendAsync(High, 9, []);
        using (ScriptedPeer first = await AcceptAsync(listener))
        {
            await AnswerAsync(first, await ReadOpeningAsync(first, High), SocklndConnectionType.NONE);
            await first.ReadToEndAsync();
        }
        Assert.False(sent.IsCompleted);
        await AdvanceUntilDialledAsync(clock, listener);
        using ScriptedPeer second = await AcceptAsync(listener);
        await AnswerAsync(second, await ReadOpeningAsync(second, High), SocklndConnectionType.CONTROL);
        Assert.Equal(Errno.OK, await sent);
        Assert.Empty(node.LogSoFar());
    }

    // The pause begins some moment after the node closed; time only passes here, so it may take several steps.
    static async Task AdvanceUntilDialledAsync(TestClock clock, Socket listener)
    {
        for (int i = 0; i < 1000 && !listener.Poll(10_000, SelectMode.SelectRead); i++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
    }

    [Fact]
    public async Task The_peers_connections_serve_when_it_wins_the_race()
    {
        TestClock clock = new();
        using Socket listener = Listen("127.0.0.77");
        await using TestNode node = await TestNode.StartAsync("127.0.0.1", clock: clock);
        Task<Errno> sent = node.SendAsync(High, 9, []);
        using ScriptedPeer ours = await AcceptAsync(listener);
        KsockHello hello = await ReadOpeningAsync(ours, High);
        // The higher NID dials as well, before it answers: it must be let in.
        using ScriptedPeer theirs = await ScriptedPeer.ConnectAsync(node, High);
        await AnswerAsync(ours, hello, SocklndConnectionType.NONE);
        Assert.Equal(Errno.OK, await sent);
        byte[] message = await theirs.ReadAsync(KsockWire.PrefixSize + LNetHeader.Nid4Size);
        Assert.Equal(9u, LNetHeader.ReadNid4(message.AsSpan(KsockWire.PrefixSize)).MatchBits);
    }

    [Fact]
    public async Task The_lower_NID_loses_the_race()
    {
        using Socket listener = Listen("127.0.0.3");
        await using TestNode node = await TestNode.StartAsync("127.0.0.50");
        Task<Errno> sent = node.SendAsync(Low, 9, []);
        using ScriptedPeer ours = await AcceptAsync(listener);
        KsockHello hello = await ReadOpeningAsync(ours, Low);
        using ScriptedPeer theirs = await ScriptedPeer.DialAsync(node, "127.0.0.3");
        await theirs.SendAsync(ScriptedPeer.Opening(node.Nid, Low));
        Assert.Equal(SocklndConnectionType.NONE, (await theirs.ReadHelloAsync()).Type);
        Assert.Empty(await theirs.ReadToEndAsync());
        await AnswerAsync(ours, hello, SocklndConnectionType.CONTROL);
        Assert.Equal(Errno.OK, await sent);
    }

    [Fact]
    public async Task A_peer_that_wants_version_2_gets_it()
    {
        TestClock clock = new();
        using Socket listener = Listen("127.0.0.77");
        await using TestNode node = await TestNode.StartAsync("127.0.0.1", clock: clock);
        Task<Errno> sent = node.SendAsync(High, 9, []);
        using (ScriptedPeer first = await AcceptAsync(listener))
        {
            await AnswerAsync(first, await ReadOpeningAsync(first, High), SocklndConnectionType.NONE, version: 2);
            await first.ReadToEndAsync();
        }
        await AdvanceUntilDialledAsync(clock, listener);
        using ScriptedPeer second = await AcceptAsync(listener);
        KsockHello hello = await ReadOpeningAsync(second, High);
        Assert.Equal(2, hello.Version);
        await AnswerAsync(second, hello, SocklndConnectionType.CONTROL, version: 2);
        Assert.Equal(Errno.OK, await sent);
    }

    [Theory]
    [InlineData("claim", "they claim to be")]
    [InlineData("type", "dialled as CONTROL, answered as BULK_OUT")]
    [InlineData("magic", "HELLO with magic")]
    [InlineData("close", "closed before its HELLO")]
    public async Task A_wrong_answer_fails_what_waits(string fault, string logged)
    {
        using Socket listener = Listen("127.0.0.77");
        await using TestNode node = await TestNode.StartAsync("127.0.0.1");
        Task<Errno> sent = node.SendAsync(High, 9, []);
        using ScriptedPeer peer = await AcceptAsync(listener);
        KsockHello hello = await ReadOpeningAsync(peer, High);
        if (fault == "claim")
            await AnswerAsync(peer, hello, SocklndConnectionType.CONTROL, claim: Low);
        else if (fault == "type")
            await AnswerAsync(peer, hello, SocklndConnectionType.BULK_OUT);
        else if (fault == "magic")
            await peer.SendAsync(new byte[8]);
        else
            peer.Dispose();
        Assert.Equal(fault == "close" ? Errno.ECONNRESET : Errno.EPROTO, await sent);
        await node.LoggedAsync(logged);
        Assert.False(await node.PeerNewsAsync());
    }
}
