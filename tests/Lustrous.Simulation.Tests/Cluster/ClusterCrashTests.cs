using System.Runtime.CompilerServices;
using Lustrous.Libcfs;

namespace Lustrous.Simulation.Tests.Cluster;

/// <summary>
/// Servers that die at any moment, and lose any suffix of the transactions that were not committed: what a program was
/// told is done is done, as long as its machine lives, and nobody hears an error of it. LUSTROUS_SEEDS=N runs N seeds
/// of each.
/// </summary>
public sealed class ClusterCrashTests
{
    const int SeedCount = 6;

    [Fact]
    public void Names_survive_crashes_of_the_metadata_server() => SomethingIsLost(sim =>
        TreeAsync(sim, new ClusterPlan { Operations = 40, CommitDelay = CommitDelay(sim) }, metadataOnly: true));

    [Fact]
    public void Names_and_data_survive_crashes_of_any_server() => SomethingIsLost(sim =>
        TreeAsync(sim, new ClusterPlan { Operations = 40, CommitDelay = CommitDelay(sim) }, metadataOnly: false));

    /// <summary>Servers that come up register, and read their logs, over a network that loses messages.</summary>
    [Fact]
    public void Crashes_on_a_bad_network_lose_nothing() => SomethingIsLost(sim => TreeAsync(
        sim, new ClusterPlan { Operations = 30, CommitDelay = CommitDelay(sim) }, metadataOnly: false,
        SimLinkOptions.Default with { DropProbability = 0.01, CutProbability = 0.003 }));

    /// <summary>Each server has two machines, the MGS too: what dies on one comes up on the other.</summary>
    [Fact]
    public void Names_and_data_survive_when_servers_move_to_another_machine() => SomethingIsLost(sim => TreeAsync(
        sim, new ClusterPlan { Operations = 30, NodesPerServer = 2, CommitDelay = CommitDelay(sim) },
        metadataOnly: false));

    [Fact]
    public void A_read_returns_the_last_write_whatever_server_crashes() => SomethingIsLost(async sim =>
    {
        var plan = new ClusterPlan { Clients = 3, Operations = 60, CommitDelay = CommitDelay(sim) };
        ClusterWorld world = await ClusterWorld.StartAsync(sim, plan);
        var load = new BlockWorkload(world, files: 2);
        await load.PrepareAsync();
        Task work = Task.WhenAll(world.Clients.Select(async client =>
        {
            for (int i = 0; i < plan.Operations; i++)
            {
                await load.RunAsync(client, 1, mayFail: false);
                await sim.Delay(TimeSpan.FromMilliseconds(sim.Random.Next(4000)));
            }
        }));
        await DisturbAsync(world, work, metadataOnly: false);
        await work;
        await world.RecoveredAsync();
        load.Check();
        NobodyWasEvicted(world);
        await world.StopAsync();
        return world;
    });

    /// <summary>The crashes of all seeds together have lost transactions: else they would show nothing.</summary>
    static void SomethingIsLost(Func<Simulation, Task<ClusterWorld>> body, [CallerMemberName] string test = "")
    {
        long lost = 0;
        int runs = 0;
        Seeds.SimulateSideBySide(SeedCount, async sim =>
        {
            ClusterWorld world = await body(sim);
            Interlocked.Add(ref lost, world.Servers.Sum(server => server.Disks.Sum(disk => disk.LostCount)));
            Interlocked.Increment(ref runs);
        }, test);
        Assert.True(lost > 0 || runs < SeedCount);
    }

    static TimeSpan CommitDelay(Simulation sim) =>
        TimeSpan.FromMilliseconds(500 + sim.Random.Next(30_000));

    static async Task<ClusterWorld> TreeAsync(
        Simulation sim, ClusterPlan plan, bool metadataOnly, SimLinkOptions? link = null)
    {
        ClusterWorld world = await ClusterWorld.StartAsync(sim, plan);
        sim.Network.DefaultLink = link ?? sim.Network.DefaultLink;
        var load = new TreeWorkload(sim.Random, "/tree", world.Clients);
        await load.PrepareAsync();
        Task work = WorkAsync();
        await DisturbAsync(world, work, metadataOnly);
        await work;
        await world.RecoveredAsync();
        foreach (ClusterClient client in world.Clients)
            await load.CheckAsync(client);
        NobodyWasEvicted(world);
        await world.StopAsync();
        return world;

        async Task WorkAsync()
        {
            for (int i = 0; i < plan.Operations; i++)
            {
                await load.StepAsync();
                await sim.Delay(TimeSpan.FromMilliseconds(sim.Random.Next(3000)));
            }
        }
    }

    /// <summary>As long as there is work, some server or other dies and comes back.</summary>
    static async Task DisturbAsync(ClusterWorld world, Task work, bool metadataOnly)
    {
        SeededRandom random = world.Sim.Random;
        while (!work.IsCompleted)
        {
            await world.Sim.Delay(TimeSpan.FromMilliseconds(random.Next(40_000)));
            ClusterServer victim = world.Servers[metadataOnly ? 0 : random.Next(world.Servers.Count)];
            await world.CrashAsync(victim, TimeSpan.FromMilliseconds(random.Next(20_000)));
        }
    }

    static void NobodyWasEvicted(ClusterWorld world)
    {
        foreach (ClusterClient client in world.Clients)
        {
            client.LookForEvictions();
            Lassert.That(!client.WasEvicted, $"client {client.Number} was thrown out");
        }
    }
}
