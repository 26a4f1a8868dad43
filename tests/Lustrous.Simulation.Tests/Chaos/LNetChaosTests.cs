using Lustrous.Libcfs;

namespace Lustrous.Simulation.Tests.Chaos;

/// <summary>
/// Random PUT, GET, ACK and REPLY between three nodes, on a network that fails in every way it knows.
/// </summary>
public sealed class LNetChaosTests
{
    const int NodeCount = 3, Operations = 120;

    /// <summary>More than LNet's transaction timeout and a socket's together: whatever ends has ended then.</summary>
    static readonly TimeSpan Long = TimeSpan.FromSeconds(600);

    [Fact]
    public void On_a_good_network_everything_arrives_once_and_is_answered() => Seeds.Simulate(60, async sim =>
    {
        sim.Network.DefaultLink = SimLinkOptions.Default with { Connections = 1 + sim.Random.Next(3) };
        (LNetPeer[] peers, Traffic traffic) = await StartAsync(sim);
        await ActAsync(sim, peers, _ => Task.CompletedTask);
        await sim.SettledAsync();
        Assert.All(traffic.Operations.Where(o => !o.GivenUp), operation =>
        {
            Assert.True(operation.Ended);
            Assert.Equal(Errno.OK, operation.SendStatus);
            Assert.Equal(operation.AckWanted ? Errno.OK : null, operation.AnswerStatus);
            Assert.Equal(operation.IsGet ? 0 : 1, operation.Accepted);
        });
        await EndAsync(sim, peers, traffic);
    });

    [Fact]
    public void Under_loss_and_cuts_nothing_arrives_twice_and_everything_ends() => Seeds.Simulate(150, async sim =>
    {
        sim.Network.DefaultLink = Bad(sim);
        (LNetPeer[] peers, Traffic traffic) = await StartAsync(sim);
        await ActAsync(sim, peers, _ => Task.CompletedTask);
        await sim.Delay(Long);
        traffic.CheckAllEnded();
        await EndAsync(sim, peers, traffic);
    });

    [Fact]
    public void Under_partitions_nothing_arrives_twice_and_everything_ends() => Seeds.Simulate(100, async sim =>
    {
        sim.Network.DefaultLink = Bad(sim);
        (LNetPeer[] peers, Traffic traffic) = await StartAsync(sim);
        await ActAsync(sim, peers, async step =>
        {
            if (step % 20 != 19)
                return;
            LNetPeer a = peers[sim.Random.Next(NodeCount)], b = peers[sim.Random.Next(NodeCount)];
            switch (sim.Random.Next(4))
            {
                case 0:
                    sim.Network.Block(a.Node.Nid, b.Node.Nid);
                    break;
                case 1:
                    sim.Network.Partition(a.Node.Nid, b.Node.Nid);
                    break;
                case 2:
                    sim.Network.Heal(a.Node.Nid, b.Node.Nid);
                    break;
                default:
                    sim.Network.Cut(a.Node.Nid, b.Node.Nid);
                    break;
            }
            await sim.Delay(TimeSpan.FromSeconds(sim.Random.Next(30)));
        });
        await sim.Delay(Long);
        traffic.CheckAllEnded();
        await EndAsync(sim, peers, traffic);
    });

    [Fact]
    public void Nodes_that_crash_and_return_take_only_their_own_with_them() => Seeds.Simulate(100, async sim =>
    {
        sim.Network.DefaultLink = Bad(sim);
        (LNetPeer[] peers, Traffic traffic) = await StartAsync(sim);
        await ActAsync(sim, peers, async step =>
        {
            if (step % 30 != 29)
                return;
            int victim = sim.Random.Next(NodeCount);
            SimNode node = peers[victim].Node;
            node.Crash(loud: sim.Random.Next(2) == 0);
            await sim.Delay(TimeSpan.FromSeconds(sim.Random.Next(60)));
            await node.RestartAsync();
            peers[victim] = new LNetPeer(sim, node, traffic);
            peers[victim].Start();
        });
        await sim.Delay(Long);
        traffic.CheckAllEnded();
        await EndAsync(sim, peers, traffic);
    });

    [Fact]
    public void A_node_that_stops_ends_what_is_under_way() => Seeds.Simulate(60, async sim =>
    {
        sim.Network.DefaultLink = Bad(sim);
        (LNetPeer[] peers, Traffic traffic) = await StartAsync(sim);
        await ActAsync(sim, peers, _ => Task.CompletedTask);
        // At once, with messages under way in both directions.
        await EndAsync(sim, peers, traffic);
        traffic.CheckAllEnded();
    });

    [Fact]
    public void The_same_seed_repeats_the_same_traffic() => Seeds.Each(5, seed =>
    {
        Assert.Equal(Run(), Run());

        SimReport Run() => Simulation.Run(seed, async sim =>
        {
            sim.Network.DefaultLink = Bad(sim);
            (LNetPeer[] peers, Traffic traffic) = await StartAsync(sim);
            await ActAsync(sim, peers, _ => Task.CompletedTask);
            await EndAsync(sim, peers, traffic);
        });
    });

    static SimLinkOptions Bad(Simulation sim) => SimLinkOptions.Default with
    {
        Connections = 1 + sim.Random.Next(3),
        DropProbability = sim.Random.Next(3) * 0.05,
        CutProbability = sim.Random.Next(3) * 0.02,
        BytesPerSecond = sim.Random.Next(4) == 0 ? 10 << 20 : 0,
    };

    static async Task<(LNetPeer[], Traffic)> StartAsync(Simulation sim)
    {
        var traffic = new Traffic(sim);
        var peers = new LNetPeer[NodeCount];
        for (int i = 0; i < NodeCount; i++)
        {
            peers[i] = new LNetPeer(sim, await sim.AddNodeAsync(), traffic);
            peers[i].Start();
        }
        return (peers, traffic);
    }

    static async Task ActAsync(Simulation sim, LNetPeer[] peers, Func<int, Task> disturb)
    {
        for (int step = 0; step < Operations; step++)
        {
            int from = sim.Random.Next(NodeCount);
            int to = (from + 1 + sim.Random.Next(NodeCount - 1)) % NodeCount;
            peers[from].Act(peers[to]);
            await sim.Delay(TimeSpan.FromMicroseconds(sim.Random.Next(400)));
            await disturb(step);
        }
    }

    /// <summary>Stops every node; then no descriptor is left, and the run's own check finds no buffer.</summary>
    static async Task EndAsync(Simulation sim, LNetPeer[] peers, Traffic traffic)
    {
        foreach (LNetPeer peer in peers)
            await peer.Node.StopAsync();
        await sim.SettledAsync();
        traffic.CheckAllEnded();
        Assert.All(peers, peer => Assert.Equal(0, peer.OpenTargets));
    }
}
