using System.Buffers.Binary;
using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet;

namespace Lustrous.Simulation.Tests;

/// <summary>What the simulated wire does to messages, seen by a driver's user.</summary>
public sealed class NetworkTests
{
    [Fact]
    public void Messages_arrive_whole_and_in_order_on_one_connection() => Seeds.Simulate(20, async sim =>
    {
        (Machine a, Machine b) = await PairAsync(sim, SimLinkOptions.Default);
        byte[][] payloads = [.. Enumerable.Range(0, 50).Select(i => Payload(sim, i))];
        for (int i = 0; i < payloads.Length; i++)
            a.Put(b, i, payloads[i]);
        await sim.SettledAsync();
        Assert.Equal(payloads, b.Probe.Received.Select(m => m.Payload));
        Assert.Equal(Enumerable.Range(0, 50), b.Probe.Received.Select(m => (int)m.Header.MatchBits));
        Assert.All(b.Probe.Received, m => Assert.Equal(a.Nid, m.From));
        Assert.All(a.Probe.Sent, sent => Assert.Equal(Errno.OK, sent.Status));
        Assert.Contains((b.Nid, true), a.Probe.Peers);
        Assert.Contains((a.Nid, true), b.Probe.Peers);
        AssertNothingHeld(a, b);
    });

    [Fact]
    public void Messages_on_several_connections_overtake_each_other()
    {
        int overtaken = 0;
        Seeds.Simulate(20, async sim =>
        {
            (Machine a, Machine b) = await PairAsync(sim, SimLinkOptions.Default with { Connections = 3 });
            for (int i = 0; i < 30; i++)
                a.Put(b, i, [1, 2, 3]);
            await sim.SettledAsync();
            ulong[] order = [.. b.Probe.Received.Select(m => m.Header.MatchBits)];
            Assert.Equal(30, order.Distinct().Count());
            if (!order.SequenceEqual(order.Order()))
                overtaken++;
        });
        Assert.True(overtaken > 0);
    }

    [Fact]
    public void Lost_messages_were_sent_well_and_never_arrive() => Seeds.Simulate(20, async sim =>
    {
        (Machine a, Machine b) = await PairAsync(sim, SimLinkOptions.Default with { DropProbability = 0.3 });
        for (int i = 0; i < 100; i++)
            a.Put(b, i, [9]);
        await sim.SettledAsync();
        Assert.All(a.Probe.Sent, sent => Assert.Equal(Errno.OK, sent.Status));
        Assert.InRange(b.Probe.Received.Count, 40, 95);
        Assert.Equal(100, b.Probe.Received.Count + sim.Network.Lost);
    });

    [Fact]
    public void After_a_cut_every_message_has_ended_and_the_next_one_goes_on_a_new_connection() =>
        Seeds.Simulate(50, async sim =>
        {
            (Machine a, Machine b) = await PairAsync(sim, SimLinkOptions.Default with { Connections = 2 });
            for (int i = 0; i < 40; i++)
                a.Put(b, i, Payload(sim, 1000));
            await sim.Delay(TimeSpan.FromMicroseconds(sim.Random.Next(2000)));
            sim.Network.Cut(a.Nid, b.Nid);
            await sim.SettledAsync();
            Assert.Equal(40, a.Probe.Sent.Count);
            Assert.True(b.Probe.Received.Count(m => m.Status == Errno.OK) <= 40);
            a.Put(b, 77, [1]);
            await sim.SettledAsync();
            Assert.Equal((77ul, Errno.OK), a.Probe.Sent[^1]);
            Assert.Equal(77ul, b.Probe.Received[^1].Header.MatchBits);
            AssertNothingHeld(a, b);
        });

    [Fact]
    public void A_short_partition_only_delays() => Seeds.Simulate(20, async sim =>
    {
        (Machine a, Machine b) = await PairAsync(sim, SimLinkOptions.Default);
        a.Put(b, 0, [1]);
        await sim.SettledAsync();
        sim.Network.Partition(a.Nid, b.Nid);
        a.Put(b, 1, [2]);
        await sim.Delay(TimeSpan.FromSeconds(20));
        Assert.Single(b.Probe.Received);
        sim.Network.Heal(a.Nid, b.Nid);
        await sim.SettledAsync();
        Assert.Equal([0ul, 1ul], b.Probe.Received.Select(m => m.Header.MatchBits));
        Assert.DoesNotContain((b.Nid, false), a.Probe.Peers);
    });

    [Fact]
    public void A_long_one_way_partition_ends_the_connection_and_dialling_fails() => Seeds.Simulate(20, async sim =>
    {
        (Machine a, Machine b) = await PairAsync(sim, SimLinkOptions.Default);
        a.Put(b, 0, [1]);
        await sim.SettledAsync();
        sim.Network.Block(a.Nid, b.Nid);
        a.Put(b, 1, [2]);
        b.Put(a, 2, [3]);
        await sim.Delay(TimeSpan.FromSeconds(120));
        Assert.Single(b.Probe.Received);
        Assert.Single(a.Probe.Received);
        Assert.Contains((b.Nid, false), a.Probe.Peers);
        a.Put(b, 3, [4]);
        await sim.SettledAsync();
        Assert.Equal((3ul, Errno.EHOSTUNREACH), a.Probe.Sent[^1]);
    });

    [Fact]
    public void A_refused_message_closes_the_connection_and_nothing_else() => Seeds.Simulate(10, async sim =>
    {
        Machine a = await Machine.StartAsync(sim, 1);
        Machine b = await Machine.StartAsync(sim, 2, header => header.MatchBits == 5);
        Machine c = await Machine.StartAsync(sim, 3);
        c.Put(b, 1, [1]);
        a.Put(b, 5, [1]);
        await sim.SettledAsync();
        Assert.Equal(1, sim.Network.Refused);
        Assert.Contains((b.Nid, false), a.Probe.Peers);
        Assert.DoesNotContain((b.Nid, false), c.Probe.Peers);
        Assert.Single(b.Probe.Received);
    });

    [Fact]
    public void A_silent_crash_is_noticed_by_silence_and_a_loud_one_at_once() => Seeds.Each(20, seed =>
    {
        foreach (bool loud in new[] { false, true })
        {
            Simulation.Run(seed, async sim =>
            {
                (Machine a, Machine b) = await PairAsync(sim, SimLinkOptions.Default);
                a.Put(b, 0, [1]);
                await sim.SettledAsync();
                b.Crash(sim, loud);
                TimeSpan crashed = sim.Now;
                a.Put(b, 1, [1]);
                await sim.SettledAsync();
                Assert.Contains((b.Nid, false), a.Probe.Peers);
                Assert.Equal(2, a.Probe.Sent.Count);
                // Either its timeout on the old connection, or that of dialling where nobody answers.
                Assert.True(sim.Now - crashed > TimeSpan.FromSeconds(loud ? 1 : 20));
                Machine again = await Machine.StartAsync(sim, 2);
                a.Put(again, 2, [1]);
                await sim.SettledAsync();
                Assert.Equal(2ul, Assert.Single(again.Probe.Received).Header.MatchBits);
            });
        }
    });

    [Fact]
    public void A_slow_link_takes_the_time_its_rate_says() => Simulation.Run(1, async sim =>
    {
        (Machine a, Machine b) = await PairAsync(sim, SimLinkOptions.Default with { BytesPerSecond = 1 << 20 });
        for (int i = 0; i < 4; i++)
            a.Put(b, i, new byte[1 << 20]);
        await sim.SettledAsync();
        Assert.Equal(4, b.Probe.Received.Count);
        Assert.InRange(sim.Now.TotalSeconds, 4, 4.1);
    });

    [Fact]
    public void Traffic_with_every_fault_repeats_exactly()
    {
        var hashes = new HashSet<ulong>();
        for (ulong seed = 1; seed <= 5; seed++)
        {
            SimReport report = Simulation.Run(seed, Everything);
            Assert.Equal(report, Simulation.Run(seed, Everything));
            hashes.Add(report.TraceHash);
        }
        Assert.Equal(5, hashes.Count);

        static async Task Everything(Simulation sim)
        {
            (Machine a, Machine b) = await PairAsync(sim, SimLinkOptions.Default with
            {
                Connections = 2,
                DropProbability = 0.1,
                CutProbability = 0.05,
            });
            for (int i = 0; i < 100; i++)
            {
                (Machine from, Machine to) = sim.Random.Next(2) == 0 ? (a, b) : (b, a);
                from.Put(to, i, Payload(sim, sim.Random.Next(300)));
                await sim.Delay(TimeSpan.FromMicroseconds(sim.Random.Next(300)));
            }
            await sim.SettledAsync();
            Assert.Equal(100, a.Probe.Sent.Count + b.Probe.Sent.Count);
        }
    }

    static async Task<(Machine, Machine)> PairAsync(Simulation sim, SimLinkOptions link)
    {
        sim.Network.DefaultLink = link;
        return (await Machine.StartAsync(sim, 1), await Machine.StartAsync(sim, 2));
    }

    static byte[] Payload(Simulation sim, int length)
    {
        var payload = new byte[Math.Max(8, length)];
        BinaryPrimitives.WriteUInt64LittleEndian(payload, sim.Random.NextUInt64());
        for (int i = 8; i < payload.Length; i++)
            payload[i] = (byte)(payload[i - 8] + i);
        return payload;
    }

    static void AssertNothingHeld(params Machine[] machines) =>
        Assert.All(machines, machine => Assert.Equal(0, machine.Host.Node.Buffers.OutstandingBytes));

    /// <summary>A host, a driver and a probe above it.</summary>
    sealed class Machine(SimHost host, LndProbe probe, LNetInterface ni)
    {
        public SimHost Host => host;

        public LndProbe Probe => probe;

        public Nid Nid => ni.Nid;

        public static async Task<Machine> StartAsync(
            Simulation sim, int number, Predicate<LNetHeader>? refuse = null)
        {
            SimHost host = sim.AddHost($"m{number}");
            var probe = new LndProbe(host.Node) { Refuse = refuse };
            LNetInterface ni = await probe.StartAsync(SimNode.NidOf(number), new SimLnd(sim.Network, host));
            return new Machine(host, probe, ni);
        }

        public void Put(Machine to, int matchBits, byte[] payload) =>
            host.Call(() => probe.Put(ni, to.Nid, 1, (ulong)matchBits, payload));

        public void Crash(Simulation sim, bool loud)
        {
            host.Kill();
            sim.Network.RemoveHost(host, loud);
        }
    }
}
