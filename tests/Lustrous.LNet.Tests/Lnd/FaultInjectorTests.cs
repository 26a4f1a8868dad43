using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet.Lnd;
using Lustrous.Simulation;

namespace Lustrous.LNet.Tests.Lnd;

/// <summary>Rules between LNet and a driver, as <c>lctl net_drop_add</c> has them.</summary>
public sealed class FaultInjectorTests
{
    static readonly Nid NidA = SimNode.NidOf(1), NidB = SimNode.NidOf(2);

    [Fact]
    public void Without_rules_everything_passes() => Run(async (_, a, b) =>
    {
        a.Put(b, portal: 3, count: 10);
        await a.SettledAsync();
        Assert.Equal(10, b.Probe.Received.Count);
    });

    [Fact]
    public void A_rate_drops_one_of_so_many_and_the_sender_believes_it_sent() => Run(async (_, a, b) =>
    {
        var rule = new FaultRule { Rate = 5, Directions = FaultDirections.Sent };
        Assert.Equal(Errno.OK, a.Faults.Add(rule));
        a.Put(b, portal: 3, count: 50);
        await a.SettledAsync();
        Assert.Equal(40, b.Probe.Received.Count);
        Assert.Equal(50, a.Probe.Sent.Count(sent => sent.Status == Errno.OK));
        Assert.Equal((50, 10), (rule.Matched, rule.Hits));
    });

    [Fact]
    public void A_received_message_is_read_to_its_end_and_dropped() => Run(async (_, a, b) =>
    {
        b.Faults.Add(new FaultRule { Rate = 1, MaxHits = 3, Directions = FaultDirections.Received });
        a.Put(b, portal: 3, count: 5);
        await a.SettledAsync();
        Assert.Equal([3ul, 4ul], b.Probe.Received.Select(m => m.Header.MatchBits));
    });

    [Fact]
    public void A_rule_hits_only_its_portals_types_and_peers() => Run(async (_, a, b) =>
    {
        a.Faults.Add(new FaultRule { Rate = 1, PortalMask = 1ul << 7 });
        a.Faults.Add(new FaultRule { Rate = 1, Messages = FaultMessages.Reply });
        a.Faults.Add(new FaultRule { Rate = 1, Destination = SimNode.NidOf(9) });
        a.Put(b, portal: 3, count: 2);
        a.Put(b, portal: 7, count: 2);
        a.Send(b, new LNetHeader { Type = LNetMessageType.Reply });
        a.Send(b, new LNetHeader { Type = LNetMessageType.Ack, Portal = 7 });
        await a.SettledAsync();
        Assert.Equal(
            [LNetMessageType.Put, LNetMessageType.Put, LNetMessageType.Ack],
            b.Probe.Received.Select(m => m.Header.Type));
    });

    [Fact]
    public void The_address_of_all_ones_stands_for_a_whole_net() => Run(async (_, a, b) =>
    {
        Nid net = Nid.FromNid4((ulong)NidB.Net << 32 | uint.MaxValue);
        a.Faults.Add(new FaultRule { Rate = 1, Destination = net });
        a.Put(b, portal: 3, count: 3);
        await a.SettledAsync();
        Assert.Empty(b.Probe.Received);
    });

    [Fact]
    public void An_error_ends_the_message_with_it() => Run(async (_, a, b) =>
    {
        a.Faults.Add(new FaultRule
        {
            Action = FaultAction.Error,
            Error = Errno.ETIMEDOUT,
            Rate = 1,
            Directions = FaultDirections.Sent,
        });
        a.Put(b, portal: 3, count: 1);
        await a.SettledAsync();
        Assert.Equal((0ul, Errno.ETIMEDOUT), Assert.Single(a.Probe.Sent));
        Assert.Empty(b.Probe.Received);
    });

    [Theory]
    [InlineData(FaultDirections.Sent)]
    [InlineData(FaultDirections.Received)]
    public void A_delayed_message_arrives_later_and_whole(FaultDirections direction) => Run(async (sim, a, b) =>
    {
        Machine where = direction == FaultDirections.Sent ? a : b;
        where.Faults.Add(new FaultRule
        {
            Action = FaultAction.Delay,
            Latency = TimeSpan.FromSeconds(3),
            Rate = 1,
            MaxHits = 1,
            Directions = direction,
        });
        a.Put(b, portal: 3, count: 3);
        await sim.Delay(TimeSpan.FromSeconds(2));
        Assert.Equal([1ul, 2ul], b.Probe.Received.Select(m => m.Header.MatchBits));
        await sim.Delay(TimeSpan.FromSeconds(2));
        ProbedMessage late = b.Probe.Received[2];
        Assert.Equal(0ul, late.Header.MatchBits);
        Assert.Equal(Machine.PayloadOf(0), late.Payload);
    });

    [Fact]
    public void Removed_rules_hit_no_more() => Run(async (_, a, b) =>
    {
        a.Faults.Add(new FaultRule { Probability = 1 });
        Assert.Equal(1, a.Faults.Remove(_ => true));
        a.Put(b, portal: 3, count: 1);
        await a.SettledAsync();
        Assert.Single(b.Probe.Received);
    });

    [Fact]
    public void Stopping_ends_what_is_delayed() => Run(async (sim, a, b) =>
    {
        a.Faults.Add(new FaultRule
        {
            Action = FaultAction.Delay,
            Latency = TimeSpan.FromMinutes(5),
            Rate = 1,
            Directions = FaultDirections.Sent,
        });
        b.Faults.Add(new FaultRule
        {
            Action = FaultAction.Delay,
            Latency = TimeSpan.FromMinutes(5),
            Rate = 1,
            Directions = FaultDirections.Received,
        });
        a.Put(b, portal: 3, count: 2);
        b.Put(a, portal: 3, count: 2);
        await sim.Delay(TimeSpan.FromSeconds(1));
        await a.Faults.DisposeAsync();
        await b.Faults.DisposeAsync();
        await sim.SettledAsync();
        Assert.All(a.Probe.Sent, sent => Assert.Equal(Errno.ESHUTDOWN, sent.Status));
        Assert.Equal(2, a.Probe.Sent.Count);
    });

    [Fact]
    public void Rules_that_contradict_themselves_are_refused() => Run((_, a, _) =>
    {
        FaultRule[] wrong =
        [
            new(),
            new() { Rate = 2, Probability = 0.5 },
            new() { Rate = -1 },
            new() { Probability = 1.5 },
            new() { Rate = 1, PortalMask = 1, Messages = FaultMessages.Ack },
            new() { Rate = 1, Action = FaultAction.Error },
            new() { Rate = 1, Action = FaultAction.Delay, Latency = TimeSpan.FromSeconds(-1) },
        ];
        Assert.All(wrong, rule => Assert.Equal(Errno.EINVAL, a.Faults.Add(rule)));
        Assert.Empty(a.Faults.Rules);
        return Task.CompletedTask;
    });

    [Fact]
    public void An_interval_drops_one_in_each() => Run(async (sim, a, b) =>
    {
        a.Faults.Add(new FaultRule { Interval = TimeSpan.FromSeconds(10), Directions = FaultDirections.Sent });
        for (int second = 0; second < 100; second++)
        {
            a.Put(b, portal: 3, count: 1);
            await sim.Delay(TimeSpan.FromSeconds(1));
        }
        Assert.InRange(100 - b.Probe.Received.Count, 8, 11);
    });

    static void Run(Func<Simulation.Simulation, Machine, Machine, Task> body) => Seeds.Simulate(5, async sim =>
    {
        var a = new Machine(sim, NidA);
        var b = new Machine(sim, NidB);
        await a.StartAsync();
        await b.StartAsync();
        await body(sim, a, b);
        await a.Faults.DisposeAsync();
        await b.Faults.DisposeAsync();
        await sim.SettledAsync();
        Assert.Equal(0, a.Host.Node.Buffers.OutstandingBytes);
        Assert.Equal(0, b.Host.Node.Buffers.OutstandingBytes);
    });

    /// <summary>A probe above an injector above a simulated driver.</summary>
    sealed class Machine
    {
        readonly Simulation.Simulation _sim;
        readonly Nid _nid;
        LNetInterface _ni = null!;

        public Machine(Simulation.Simulation sim, Nid nid)
        {
            _sim = sim;
            _nid = nid;
            Host = sim.AddHost(nid.ToIPAddress().ToString());
            Faults = new FaultInjector(new SimLnd(sim.Network, Host), Host.Node);
            Probe = new LndProbe(Host.Node);
        }

        public SimHost Host { get; }

        public FaultInjector Faults { get; }

        public LndProbe Probe { get; }

        public async Task StartAsync() => _ni = await Probe.StartAsync(_nid, Faults);

        public Task SettledAsync() => _sim.SettledAsync();

        public static byte[] PayloadOf(int number) => [(byte)number, 0xa5, 0x5a, (byte)~number];

        public void Put(Machine to, int portal, int count) => Host.Call(() =>
        {
            for (int i = 0; i < count; i++)
                Probe.Put(_ni, to._nid, portal, (ulong)i, PayloadOf(i));
        });

        public void Send(Machine to, LNetHeader header) => Host.Call(() => Probe.Send(_ni, to._nid, [], header));
    }
}
