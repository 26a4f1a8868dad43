using Lustrous.Libcfs;

namespace Lustrous.Simulation.Tests.Cluster;

/// <summary>
/// A whole file system with several mounts under random work, loss, partitions and deaths: what one mount has done the
/// others see at once, a read returns the last write, names are as the model says, and nothing is left behind.
/// LUSTROUS_SEEDS=N runs N seeds of each.
/// </summary>
public sealed class ClusterChaosTests
{
    [Fact]
    public void What_one_mount_does_every_other_sees_at_once() => Seeds.SimulateSideBySide(60, sim =>
        TreeAsync(sim, new ClusterPlan { Clients = 2 + sim.Random.Next(2) }));

    [Fact]
    public void Names_survive_a_bad_network() => Seeds.SimulateSideBySide(50, sim =>
        TreeAsync(sim, new ClusterPlan { Operations = 40 }, Bad(sim)));

    [Fact]
    public void A_read_returns_the_last_write() => Seeds.SimulateSideBySide(60, sim =>
        BlocksAsync(sim, new ClusterPlan { Clients = 2 + sim.Random.Next(3) }, mayFail: false));

    [Fact]
    public void A_read_returns_the_last_write_on_a_bad_network()
    {
        int runs = 0, evicted = 0;
        Seeds.SimulateSideBySide(50, async sim =>
        {
            ClusterWorld world = await BlocksAsync(
                sim, new ClusterPlan { Operations = 40 }, mayFail: false, link: Bad(sim));
            Interlocked.Increment(ref runs);
            Interlocked.Add(ref evicted, world.Clients.Count(client => client.WasEvicted));
        });
        // Of a client that is asked for its lock, every message may be lost until the lock's time is over: seldom.
        Assert.InRange(evicted, 0, Math.Max(1, runs / 25));
    }

    [Fact]
    public void A_partitioned_mount_harms_only_itself() => Seeds.SimulateSideBySide(40, sim =>
        BlocksAsync(sim, new ClusterPlan { Clients = 3, Operations = 40 }, mayFail: true, async world =>
        {
            for (int i = 0; i < 3; i++)
            {
                await sim.Delay(TimeSpan.FromMilliseconds(sim.Random.Next(500)));
                await world.PartitionAsync(TimeSpan.FromSeconds(sim.Random.Next(300)));
            }
        }));

    [Fact]
    public void A_mount_that_dies_with_locks_and_dirty_data_harms_only_itself() => Seeds.SimulateSideBySide(40, sim =>
        BlocksAsync(sim, new ClusterPlan { Clients = 3, Operations = 40 }, mayFail: true, async world =>
        {
            await sim.Delay(TimeSpan.FromMilliseconds(sim.Random.Next(400)));
            world.Crash(world.Clients[sim.Random.Next(3)]);
        }));

    [Fact]
    public void Mounts_work_side_by_side_in_their_own_directories() => Seeds.SimulateSideBySide(30, async sim =>
    {
        ClusterWorld world = await ClusterWorld.StartAsync(sim, new ClusterPlan { Clients = 3 });
        TreeWorkload[] loads =
            [.. world.Clients.Select(client => new TreeWorkload(sim.Random, $"/own{client.Number}", [client]))];
        await Task.WhenAll(loads.Select(async load =>
        {
            await load.PrepareAsync();
            for (int i = 0; i < world.Plan.Operations / 2; i++)
                await load.StepAsync();
        }));
        foreach (TreeWorkload load in loads)
        {
            foreach (ClusterClient client in world.Clients)
                await load.CheckAsync(client);
        }
        await world.StopAsync();
    });

    [Fact]
    public void The_same_seed_repeats_the_same_cluster() => Seeds.Each(2, seed =>
    {
        Assert.Equal(Run(), Run());

        SimReport Run() => Simulation.Run(
            seed, sim => BlocksAsync(sim, new ClusterPlan { Operations = 20 }, mayFail: false));
    });

    static async Task TreeAsync(Simulation sim, ClusterPlan plan, SimLinkOptions? link = null)
    {
        ClusterWorld world = await ClusterWorld.StartAsync(sim, plan);
        sim.Network.DefaultLink = link ?? sim.Network.DefaultLink;
        var load = new TreeWorkload(sim.Random, "/tree", world.Clients);
        await load.PrepareAsync();
        for (int i = 0; i < plan.Operations; i++)
            await load.StepAsync();
        foreach (ClusterClient client in world.Clients)
            await load.CheckAsync(client);
        await world.StopAsync();
    }

    static async Task<ClusterWorld> BlocksAsync(
        Simulation sim, ClusterPlan plan, bool mayFail, Func<ClusterWorld, Task>? disturb = null,
        SimLinkOptions? link = null)
    {
        ClusterWorld world = await ClusterWorld.StartAsync(sim, plan);
        sim.Network.DefaultLink = link ?? sim.Network.DefaultLink;
        var load = new BlockWorkload(world, files: 2);
        await load.PrepareAsync();
        var work = new List<Task>(world.Clients.Select(client => load.RunAsync(client, plan.Operations, mayFail)));
        if (disturb is not null)
            await disturb(world);
        foreach (Task task in work)
            await EndAsync(task);
        // Whoever was thrown out behind a partition hears of it when it next asks its server.
        if (mayFail || world.Clients.Any(client => client.WasEvicted))
            await sim.Delay(TimeSpan.FromMinutes(2));
        load.Check();
        await world.StopAsync();
        return world;
    }

    /// <summary>The work of a machine that died is cancelled, which is no failure.</summary>
    static async Task EndAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (OperationCanceledException)
        {
        }
    }

    static SimLinkOptions Bad(Simulation sim) => SimLinkOptions.Default with
    {
        Connections = 1 + sim.Random.Next(3),
        DropProbability = sim.Random.Next(3) * 0.01,
        CutProbability = sim.Random.Next(3) * 0.005,
    };
}
