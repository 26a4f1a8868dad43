using Lustrous.Libcfs;

namespace Lustrous.Simulation.Tests.Cluster;

/// <summary>
/// Servers that die at any moment, and lose any suffix of the transactions that were not committed: what a program was
/// told is done is done, as long as its machine lives, and nobody hears an error of it. LUSTROUS_SEEDS=N runs N seeds
/// of each.
/// </summary>
public sealed class ClusterCrashTests
{
    [Fact]
    public void Names_survive_crashes_of_the_metadata_server() => Seeds.SimulateSideBySide(8, sim =>
        TreeAsync(sim, new ClusterPlan { Operations = 40, CommitDelay = CommitDelay(sim) }, metadataOnly: true));

    static TimeSpan CommitDelay(Simulation sim) => TimeSpan.FromMilliseconds(1 << sim.Random.Next(13));

    static async Task TreeAsync(Simulation sim, ClusterPlan plan, bool metadataOnly)
    {
        ClusterWorld world = await ClusterWorld.StartAsync(sim, plan);
        var load = new TreeWorkload(sim.Random, "/tree", world.Clients);
        await load.PrepareAsync();
        bool isDone = false;
        Task disturbed = DisturbAsync();
        for (int i = 0; i < plan.Operations; i++)
        {
            await load.StepAsync();
            await sim.Delay(TimeSpan.FromMilliseconds(sim.Random.Next(3000)));
        }
        isDone = true;
        await disturbed;
        await world.RecoveredAsync();
        foreach (ClusterClient client in world.Clients)
        {
            await load.CheckAsync(client);
            client.LookForEvictions();
            Lassert.That(!client.WasEvicted, $"client {client.Number} was thrown out");
        }
        await world.StopAsync();

        async Task DisturbAsync()
        {
            while (!isDone)
            {
                await sim.Delay(TimeSpan.FromMilliseconds(sim.Random.Next(40_000)));
                ClusterServer victim = world.Servers[metadataOnly ? 0 : sim.Random.Next(world.Servers.Count)];
                await world.CrashAsync(victim, TimeSpan.FromMilliseconds(sim.Random.Next(20_000)));
            }
        }
    }
}
