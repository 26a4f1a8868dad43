using CsCheck;
using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet.Lnd.Socklnd;

namespace Lustrous.LNet.Tests.Socklnd;

/// <summary>Two drivers on one machine, each with an address of its own.</summary>
[Collection("sockets")]
public sealed class KsockMessagesTests
{
    static byte[] Bytes(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.2", 0)]
    [InlineData("127.0.0.1", "127.0.0.2", 1)]
    [InlineData("127.0.0.1", "127.0.0.2", 2048)]
    [InlineData("127.0.0.1", "127.0.0.2", 65537)]
    [InlineData("127.0.0.1", "127.0.0.2", 1048576)]
    [InlineData("::1", "::1", 1048576)]
    [InlineData("::1", "::1", 300)]
    public async Task A_payload_arrives_as_it_was_sent_both_ways(string left, string right, int length)
    {
        // One IPv6 loopback address for both: then each has a port of its own.
        bool shared = left == right;
        await using TestNode b = await TestNode.StartAsync(right, new KsockTunables { AcceptPort = shared ? 0 : 988 });
        Nid source = shared ? TestNode.Tcp(left) : TestNode.Tcp(left);
        await using TestNode a = await TestNode.StartAsync(
            left, new KsockTunables { AcceptPort = shared ? 0 : 988, PeerPort = _ => b.Lnd.PortOf(b.Ni) });
        byte[] there = Bytes(length, 1);
        Assert.Equal(Errno.OK, await a.SendAsync(b.Nid, 17, there));
        Arrival arrival = await b.ReceiveAsync();
        Assert.Equal(Errno.OK, arrival.Status);
        Assert.Equal(there, arrival.Payload);
        Assert.Equal(17u, arrival.Header.MatchBits);
        Assert.Equal(source, arrival.From);
        byte[] back = Bytes(length, 2);
        Assert.Equal(Errno.OK, await b.SendAsync(a.Nid, 18, back));
        Assert.Equal(back, (await a.ReceiveAsync()).Payload);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 2)]
    public async Task Many_messages_in_flight_arrive_once_each_and_whole(int connsPerPeer, int schedulers)
    {
        const int Count = 600;
        KsockTunables tunables = new() { ConnsPerPeer = connsPerPeer, Schedulers = schedulers };
        await using TestNode a = await TestNode.StartAsync("127.0.0.1", tunables);
        await using TestNode b = await TestNode.StartAsync("127.0.0.2", tunables);
        List<Task<Errno>> sends = [];
        byte[][] payloads = new byte[Count][];
        for (int i = 0; i < Count; i++)
        {
            payloads[i] = Bytes(i % 60 == 59 ? 1 << 20 : i * 37 % 9000, i);
            TestNode from = i % 2 == 0 ? a : b;
            sends.Add(from.SendAsync(i % 2 == 0 ? b.Nid : a.Nid, (ulong)i, payloads[i], fragmentSize: 1000 + i));
        }
        Assert.All(await Task.WhenAll(sends), status => Assert.Equal(Errno.OK, status));
        HashSet<ulong> seen = [];
        for (int i = 0; i < Count; i++)
        {
            Arrival arrival = await (i % 2 == 0 ? b : a).ReceiveAsync();
            Assert.True(seen.Add(arrival.Header.MatchBits));
            Assert.Equal(Errno.OK, arrival.Status);
            Assert.Equal(payloads[arrival.Header.MatchBits], arrival.Payload);
        }
        Assert.False(a.HasArrivals || b.HasArrivals);
    }

    [Fact]
    public async Task A_truncated_message_keeps_its_beginning_and_the_next_one_is_whole()
    {
        await using TestNode a = await TestNode.StartAsync("127.0.0.1");
        await using TestNode b = await TestNode.StartAsync("127.0.0.2");
        b.Keep = header => (int)header.PayloadLength / 2;
        byte[] payload = Bytes(700_000, 3);
        for (int i = 0; i < 3; i++)
            Assert.Equal(Errno.OK, await a.SendAsync(b.Nid, 1, payload));
        for (int i = 0; i < 3; i++)
            Assert.Equal(payload[..350_000], (await b.ReceiveAsync()).Payload);
    }

    [Fact]
    public async Task What_a_handler_sends_leaves_after_the_message_that_caused_it()
    {
        const int Depth = 64, Rounds = 20;
        await using TestNode a = await TestNode.StartAsync("127.0.0.1");
        await using TestNode b = await TestNode.StartAsync("127.0.0.2");
        b.OnArrival = request => _ = b.SendAsync(a.Nid, request.Header.MatchBits, request.Payload);
        for (int round = 0; round < Rounds; round++)
        {
            Task<Errno>[] sends = new Task<Errno>[Depth];
            for (int i = 0; i < Depth; i++)
                sends[i] = a.SendAsync(b.Nid, (ulong)i, Bytes(i * 10, i));
            Assert.All(await Task.WhenAll(sends), status => Assert.Equal(Errno.OK, status));
            ulong sum = 0;
            for (int i = 0; i < Depth; i++)
                sum += (await a.ReceiveAsync()).Header.MatchBits;
            Assert.Equal((ulong)(Depth * (Depth - 1) / 2), sum);
        }
    }

    [Fact]
    public void Random_sizes_and_fragments_arrive_as_sent()
    {
        Gen.Select(Gen.Int[0, 200_000].Array[1, 20], Gen.Int[3, 70_000]).Sample(
            (lengths, fragmentSize) => SendAllAsync(lengths, fragmentSize).GetAwaiter().GetResult(),
            iter: 10, threads: 1);
    }

    static async Task SendAllAsync(int[] lengths, int fragmentSize)
    {
        KsockTunables tunables = new() { EnableChecksum = true };
        await using TestNode a = await TestNode.StartAsync("127.0.0.1", tunables);
        await using TestNode b = await TestNode.StartAsync("127.0.0.2", tunables);
        byte[][] payloads = [.. lengths.Select(Bytes)];
        Task<Errno>[] sends =
            [.. payloads.Select((payload, i) =>
                a.SendAsync(b.Nid, (ulong)i, payload, Math.Max(fragmentSize, payload.Length / 250)))];
        Assert.All(await Task.WhenAll(sends), status => Assert.Equal(Errno.OK, status));
        for (int i = 0; i < lengths.Length; i++)
        {
            Arrival arrival = await b.ReceiveAsync();
            Assert.Equal(payloads[arrival.Header.MatchBits], arrival.Payload);
        }
        Assert.Empty(b.LogSoFar());
    }

    [Fact]
    public async Task A_message_to_ourselves_takes_the_network_and_arrives()
    {
        await using TestNode a = await TestNode.StartAsync("127.0.0.1");
        byte[] payload = Bytes(5000, 1);
        Assert.Equal(Errno.OK, await a.SendAsync(a.Nid, 3, payload));
        Assert.Equal(payload, (await a.ReceiveAsync()).Payload);
    }

    [Fact]
    public async Task Who_cannot_be_reached_is_forgotten_after_the_longest_pause()
    {
        TestClock clock = new();
        await using TestNode node = await TestNode.StartAsync("127.0.0.1", clock: clock);
        KsockNet net = node.Lnd.FindNet(node.Nid)!;
        Assert.Equal(Errno.ECONNREFUSED, await node.SendAsync(TestNode.Tcp("127.0.0.9"), 1, []));
        clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Single(net.Peers);
        clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Empty(net.Peers);
        Assert.Equal(Errno.ECONNREFUSED, await node.SendAsync(TestNode.Tcp("127.0.0.9"), 2, []));
    }

    [Fact]
    public async Task Nobody_listening_is_refused_at_once_and_again_only_after_a_pause()
    {
        TestClock clock = new();
        await using TestNode a = await TestNode.StartAsync("127.0.0.1", clock: clock);
        Assert.Equal(Errno.ECONNREFUSED, await a.SendAsync(TestNode.Tcp("127.0.0.9"), 1, []));
        Assert.False(await a.PeerNewsAsync());
        Assert.Equal(Errno.EHOSTUNREACH, await a.SendAsync(TestNode.Tcp("127.0.0.9"), 2, []));
        await using TestNode b = await TestNode.StartAsync("127.0.0.9");
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(Errno.OK, await a.SendAsync(b.Nid, 3, []));
        Assert.Equal(3u, (await b.ReceiveAsync()).Header.MatchBits);
        Assert.True(await a.PeerNewsAsync());
    }

    [Fact]
    public async Task A_restarted_peer_is_found_again()
    {
        TestClock clock = new();
        await using TestNode a = await TestNode.StartAsync("127.0.0.1", clock: clock);
        await using (TestNode b = await TestNode.StartAsync("127.0.0.2"))
        {
            Assert.Equal(Errno.OK, await a.SendAsync(b.Nid, 1, Bytes(10, 1)));
            await b.ReceiveAsync();
            Assert.True(await a.PeerNewsAsync());
        }
        while (await a.PeerNewsAsync())
        {
            // Another of its connections came up before it stopped.
        }
        clock.Advance(TimeSpan.FromSeconds(2));     // a dial may have been under way: then there is a pause
        await using TestNode again = await TestNode.StartAsync("127.0.0.2");
        Assert.Equal(Errno.OK, await a.SendAsync(again.Nid, 2, Bytes(10, 1)));
        Assert.Equal(2u, (await again.ReceiveAsync()).Header.MatchBits);
        Assert.Equal(Errno.OK, await again.SendAsync(a.Nid, 3, Bytes(10, 1)));
        Assert.Equal(3u, (await a.ReceiveAsync()).Header.MatchBits);
    }

    [Fact]
    public async Task After_ClosePeer_the_next_message_dials_anew()
    {
        await using TestNode a = await TestNode.StartAsync("127.0.0.1");
        await using TestNode b = await TestNode.StartAsync("127.0.0.2");
        for (ulong i = 0; i < 60; i++)
        {
            Assert.Equal(Errno.OK, await a.SendAsync(b.Nid, i, Bytes(2000, 1)));
            Assert.Equal(i, (await b.ReceiveAsync()).Header.MatchBits);
            a.Lnd.ClosePeer(a.Ni, b.Nid);
            while (await a.PeerNewsAsync())
            {
            }
        }
    }

    [Fact]
    public async Task A_stopped_driver_ends_what_it_has_and_takes_no_more()
    {
        TestNode a = await TestNode.StartAsync("127.0.0.1");
        TestNode b = await TestNode.StartAsync("127.0.0.2");
        List<Task<Errno>> sends = [];
        for (int i = 0; i < 200; i++)
            sends.Add(a.SendAsync(b.Nid, (ulong)i, Bytes(300_000, i)));
        await a.DisposeAsync();
        await b.DisposeAsync();
        Assert.All(await Task.WhenAll(sends), status => Assert.Contains(status, (Errno[])[Errno.OK, Errno.ESHUTDOWN]));
        Assert.Equal(Errno.ESHUTDOWN, await a.SendAsync(b.Nid, 1, []));
    }

    [Fact]
    public async Task Both_sides_dialling_at_once_end_with_working_connections()
    {
        for (int round = 0; round < 10; round++)
        {
            KsockTunables tunables = new() { MinReconnect = TimeSpan.FromMilliseconds(20) };
            await using TestNode a = await TestNode.StartAsync("127.0.0.1", tunables);
            await using TestNode b = await TestNode.StartAsync("127.0.0.2", tunables);
            Task<Errno>[] sends = [a.SendAsync(b.Nid, 1, Bytes(5000, 1)), b.SendAsync(a.Nid, 2, Bytes(5000, 2))];
            Assert.All(await Task.WhenAll(sends), status => Assert.Equal(Errno.OK, status));
            Assert.Equal(1u, (await b.ReceiveAsync()).Header.MatchBits);
            Assert.Equal(2u, (await a.ReceiveAsync()).Header.MatchBits);
        }
    }
}
