using System.Net.Sockets;
using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet.Lnd.Socklnd;

namespace Lustrous.LNet.Tests.Socklnd;

/// <summary>An open connection: prefixes, cookies, checksums, timeouts and peers that break off.</summary>
[Collection("sockets")]
public sealed class KsockProtocolTests
{
    const int HeaderSize = KsockWire.PrefixSize + LNetHeader.Nid4Size;

    static readonly Nid Kernel = TestNode.Tcp("127.0.0.77"), Other = TestNode.Tcp("127.0.0.78");

    static byte[] Counting(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i * 7))];

    [Fact]
    public async Task A_zero_copy_cookie_comes_back_after_the_message_was_taken()
    {
        await using TestNode node = await TestNode.StartAsync("127.0.0.1");
        using ScriptedPeer peer = await ScriptedPeer.ConnectAsync(node, Kernel, SocklndConnectionType.BULK_OUT);
        LNetHeader header = node.Put(node.Nid, 1, 40_000);
        byte[] message = ScriptedPeer.Message(header, Counting(40_000), cookie0: 0xabcd);
        await peer.SendAsync(message[..^1]);
        Assert.False(peer.Socket.Poll(50_000, SelectMode.SelectRead), "an ack before the message was complete");
        await peer.SendAsync(message[^1..]);
        Assert.Equal(ScriptedPeer.Noop(0, 0xabcd), await peer.ReadAsync(KsockWire.PrefixSize));
        Assert.Equal(Counting(40_000), (await node.ReceiveAsync()).Payload);
    }

    [Fact]
    public async Task Consecutive_cookies_share_acks_and_none_is_lost()
    {
        await using TestNode node = await TestNode.StartAsync("127.0.0.1");
        using ScriptedPeer peer = await ScriptedPeer.ConnectAsync(node, Kernel, SocklndConnectionType.BULK_OUT);
        List<byte> messages = [];
        HashSet<ulong> expected = [];
        for (ulong cookie = 10; cookie < 130; cookie++)
        {
            if (cookie % 11 == 0)
                continue;
            expected.Add(cookie);
            messages.AddRange(ScriptedPeer.Message(node.Put(node.Nid, cookie, 0), [], cookie0: cookie));
        }
        await peer.SendAsync([.. messages]);
        while (expected.Count > 0)
        {
            byte[] noop = await peer.ReadAsync(KsockWire.PrefixSize);
            Assert.Equal(KsockWire.Noop, BitConverter.ToUInt32(noop, 0));
            ulong last = BitConverter.ToUInt64(noop, 16);
            ulong first = BitConverter.ToUInt64(noop, 8) is var start and > 0 ? start : last;
            for (ulong cookie = first; cookie <= last; cookie++)
                Assert.True(expected.Remove(cookie), $"cookie {cookie} was acknowledged twice or never asked for");
        }
    }

    [Fact]
    public async Task A_keepalive_is_taken_and_one_is_sent_after_silence()
    {
        TestClock clock = new();
        await using TestNode node = await TestNode.StartAsync("127.0.0.1", clock: clock);
        using ScriptedPeer control = await ScriptedPeer.ConnectAsync(node, Kernel, SocklndConnectionType.CONTROL);
        using ScriptedPeer bulk = await ScriptedPeer.ConnectAsync(node, Kernel, SocklndConnectionType.BULK_OUT);
        await bulk.SendAsync(ScriptedPeer.Noop(0, KsockWire.KeepaliveCookie));
        await bulk.SendAsync(ScriptedPeer.Message(node.Put(node.Nid, 1, 0), []));
        await node.ReceiveAsync();
        clock.Advance(TimeSpan.FromSeconds(25));
        Assert.Equal(0, bulk.Socket.Available);
        clock.Advance(TimeSpan.FromSeconds(10));
        // On the connection against the stream of its bulk, as kernel peers do.
        Assert.Equal(ScriptedPeer.Noop(0, KsockWire.KeepaliveCookie), await bulk.ReadAsync(KsockWire.PrefixSize));
        Assert.Equal(0, control.Socket.Available);
    }

    [Theory]
    [InlineData("type", "message of unknown type")]
    [InlineData("length", "payload of 1048577 bytes")]
    [InlineData("negative", "payload of 4294967295 bytes")]
    [InlineData("ack", "acknowledges unknown cookies")]
    [InlineData("ping range", "acknowledges unknown cookies")]
    [InlineData("refused", "sent garbage: EPROTO")]
    [InlineData("checksum", "checksum error")]
    [InlineData("noop checksum", "checksum error")]
    [InlineData("cut", "closed in the middle of a message")]
    public async Task A_broken_message_closes_that_peer_and_no_other(string fault, string logged)
    {
        await using TestNode node = await TestNode.StartAsync("127.0.0.1");
        node.OnParse = header => header.MatchBits == 666 ? Errno.EPROTO : Errno.OK;
        using ScriptedPeer good = await ScriptedPeer.ConnectAsync(node, Other);
        using ScriptedPeer bad = await ScriptedPeer.ConnectAsync(node, Kernel);
        using ScriptedPeer sibling = await ScriptedPeer.ConnectAsync(node, Kernel, SocklndConnectionType.BULK_IN);
        byte[] payload = Counting(64);
        LNetHeader header = node.Put(node.Nid, 1, payload.Length);
        byte[] message = fault switch
        {
            "type" => [0xff, .. new byte[KsockWire.PrefixSize - 1]],
            "length" => ScriptedPeer.Message(header with { PayloadLength = (1 << 20) + 1 }, []),
            "negative" => ScriptedPeer.Message(header with { PayloadLength = uint.MaxValue }, []),
            "ack" => ScriptedPeer.Message(header, payload, cookie1: 99),
            "ping range" => ScriptedPeer.Noop(3, KsockWire.KeepaliveCookie),
            "refused" => ScriptedPeer.Message(header with { MatchBits = 666 }, payload),
            "checksum" => ScriptedPeer.Message(header, payload, checksum: 1),
            "noop checksum" => ScriptedPeer.Noop(0, KsockWire.KeepaliveCookie, checksum: 1),
            _ => ScriptedPeer.Message(header, payload)[..(HeaderSize + 10)],
        };
        await bad.SendAsync(message);
        if (fault == "cut")
            bad.Socket.Shutdown(SocketShutdown.Send);
        await bad.ReadToEndAsync();
        await sibling.ReadToEndAsync();
        Assert.Contains("127.0.0.77", await node.LoggedAsync(logged), StringComparison.Ordinal);
        if (fault is "checksum" or "cut")
            Assert.NotEqual(Errno.OK, (await node.ReceiveAsync()).Status);
        await good.SendAsync(ScriptedPeer.Message(node.Put(node.Nid, 2, 1), [5]));
        Assert.Equal(2u, (await node.ReceiveAsync()).Header.MatchBits);
        Assert.Empty(node.LogSoFar());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_right_checksum_is_accepted(int version)
    {
        await using TestNode node = await TestNode.StartAsync("127.0.0.1");
        using ScriptedPeer peer = await ScriptedPeer.ConnectAsync(node, Kernel, version: version);
        byte[] payload = Counting(50_000);
        byte[] message = ScriptedPeer.Message(node.Put(node.Nid, 1, payload.Length), payload);
        uint checksum = KsockChecksum.Add(KsockChecksum.Seed, version == 2 ? message : payload);
        BitConverter.TryWriteBytes(message.AsSpan(4), checksum);
        await peer.SendAsync([.. message, .. message]);
        Assert.Equal(payload, (await node.ReceiveAsync()).Payload);
        Assert.Equal(payload, (await node.ReceiveAsync()).Payload);
        Assert.Empty(node.LogSoFar());
    }

    [Fact]
    public async Task Messages_cut_at_every_place_arrive_whole()
    {
        await using TestNode node = await TestNode.StartAsync("127.0.0.1");
        using ScriptedPeer peer = await ScriptedPeer.ConnectAsync(node, Kernel);
        byte[] message = ScriptedPeer.Message(node.Put(node.Nid, 1, 20), Counting(20));
        byte[] both = [.. message, .. ScriptedPeer.Noop(0, KsockWire.KeepaliveCookie), .. message];
        for (int cut = 1; cut < both.Length; cut += 3)
        {
            await peer.SendAsync(both[..cut]);
            await peer.SendAsync(both[cut..]);
            Assert.Equal(Counting(20), (await node.ReceiveAsync()).Payload);
            Assert.Equal(Counting(20), (await node.ReceiveAsync()).Payload);
        }
    }

    [Fact]
    public async Task A_peer_that_stops_in_the_middle_of_a_message_is_closed_in_time()
    {
        TestClock clock = new();
        await using TestNode node = await TestNode.StartAsync("127.0.0.1", clock: clock);
        using ScriptedPeer peer = await ScriptedPeer.ConnectAsync(node, Kernel);
        using ScriptedPeer idle = await ScriptedPeer.ConnectAsync(node, Other);
        byte[] message = ScriptedPeer.Message(node.Put(node.Nid, 1, 1000), Counting(1000));
        await peer.SendAsync([.. ScriptedPeer.Message(node.Put(node.Nid, 2, 0), []), .. message[..^1]]);
        await node.ReceiveAsync();
        for (int i = 0; i < 60; i++)
            clock.Advance(TimeSpan.FromSeconds(1));
        await peer.ReadToEndAsync();
        Assert.Equal(Errno.ETIMEDOUT, (await node.ReceiveAsync()).Status);
        await idle.SendAsync(ScriptedPeer.Message(node.Put(node.Nid, 3, 0), []));
        Assert.Equal(3u, (await node.ReceiveAsync()).Header.MatchBits);
    }

    [Fact]
    public async Task A_peer_that_does_not_read_is_closed_in_time_and_what_waits_fails()
    {
        TestClock clock = new();
        await using TestNode node = await TestNode.StartAsync("127.0.0.1", clock: clock);
        using ScriptedPeer peer = await ScriptedPeer.ConnectAsync(node, Kernel, SocklndConnectionType.BULK_IN);
        // More than a loopback socket's buffers ever hold.
        List<Task<Errno>> sends =
            [.. Enumerable.Range(0, 40).Select(i => node.SendAsync(Kernel, (ulong)i, new byte[1 << 20]))];
        Assert.False(sends[^1].IsCompleted);
        for (int i = 0; i < 60; i++)
            clock.Advance(TimeSpan.FromSeconds(1));
        Errno[] ended = await Task.WhenAll(sends);
        Assert.Equal(Errno.ETIMEDOUT, ended[^1]);
        Assert.False(await NewsAfterAliveAsync(node));
    }

    static async Task<bool> NewsAfterAliveAsync(TestNode node)
    {
        Assert.True(await node.PeerNewsAsync());
        return await node.PeerNewsAsync();
    }

    [Fact]
    public async Task A_peer_that_lets_answers_pile_up_is_not_read_and_goes_on_once_it_reads()
    {
        // Half of the queue has to hold the answers to one read of 128 KiB: 146 requests.
        KsockTunables tunables = new() { MaxQueuedMessages = 512, TxBufferBytes = 64 << 10 };
        await using TestNode node = await TestNode.StartAsync("127.0.0.1", tunables);
        using ScriptedPeer peer = await ScriptedPeer.ConnectAsync(node, Kernel, SocklndConnectionType.CONTROL);
        List<Task<Errno>> answers = [];
        node.OnArrival = request => answers.Add(node.SendAsync(Kernel, request.Header.MatchBits, new byte[900]));
        const int Requests = 20_000;
        byte[] request = ScriptedPeer.Message(node.Put(node.Nid, 1, 800), Counting(800));
        Task flood = FloodAsync(peer, request, Requests);
        // The node stops reading, so the flood cannot end by itself.
        Task first = await Task.WhenAny(flood, Task.Delay(300));
        Assert.NotSame(flood, first);
        for (int i = 0; i < Requests; i++)
            await peer.ReadAsync(HeaderSize + 900);
        await flood;
        Assert.Equal(Requests, answers.Count);
        Assert.All(await Task.WhenAll(answers), status => Assert.Equal(Errno.OK, status));
    }

    static async Task FloodAsync(ScriptedPeer peer, byte[] request, int count)
    {
        for (int i = 0; i < count; i++)
            await peer.SendAsync(request);
    }

    [Fact]
    public async Task A_queue_that_is_full_refuses_with_ENOBUFS()
    {
        await using TestNode node = await TestNode.StartAsync("127.0.0.1", new KsockTunables { MaxQueuedMessages = 8 });
        using ScriptedPeer peer = await ScriptedPeer.ConnectAsync(node, Kernel, SocklndConnectionType.CONTROL);
        List<Task<Errno>> sends =
            [.. Enumerable.Range(0, 40).Select(i => node.SendAsync(Kernel, (ulong)i, new byte[1 << 20]))];
        Assert.Equal(Errno.ENOBUFS, await sends[^1]);
    }

    [Fact]
    public async Task Messages_for_a_peer_that_never_answers_its_HELLO_expire()
    {
        TestClock clock = new();
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(new System.Net.IPEndPoint(Kernel.ToIPAddress(), TestNode.Port));
        listener.Listen();
        await using TestNode node = await TestNode.StartAsync("127.0.0.1", clock: clock);
        Task<Errno> sent = node.SendAsync(Kernel, 1, []);
        using Socket silent = await listener.AcceptAsync();
        for (int i = 0; i < 52; i++)
            clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(Errno.ETIMEDOUT, await sent);
    }
}
