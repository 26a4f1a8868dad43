using Lustrous.Libcfs;
using Lustrous.Simulation;
using Lustrous.Simulation.Tests.Cluster;

namespace Lustrous.Fuzz.Tests.Hostile;

/// <summary>
/// A whole file system with two mounts. What one of them sends to the MGS, MDT and OSTs is altered on the way, or what
/// these send to it. No handler throws, the other mount sees its own files as they should be, and when the liar is gone
/// nothing of it is left. <c>LUSTROUS_SEEDS=N</c> is the long form.
/// </summary>
public sealed class ClusterAttackTests
{
    static readonly TimeSpan s_patience = TimeSpan.FromHours(3);

    [Fact]
    public void A_client_that_sends_wrong_requests_harms_no_other() => Seeds.Simulate(12, sim =>
        AttackAsync(sim, fromServers: false, perMille: 60 + sim.Random.Next(300)));

    [Fact]
    public void A_client_that_floods_servers_with_wrong_requests_harms_no_other() => Seeds.Simulate(12, sim =>
        AttackAsync(sim, fromServers: false, perMille: 0, forgeries: 1 + sim.Random.Next(20)));

    [Fact]
    public void A_client_survives_forged_callbacks() => Seeds.Simulate(8, sim =>
        AttackAsync(sim, fromServers: true, perMille: 0, forgeries: 10));

    [Fact]
    public void A_client_survives_wrong_replies_and_callbacks() => Seeds.Simulate(12, sim =>
        AttackAsync(sim, fromServers: true, perMille: 30 + sim.Random.Next(200)));

    static async Task AttackAsync(
        Simulation.Simulation sim, bool fromServers, int perMille, int forgeries = 0)
    {
        string? failure = null;
        sim.Scheduler.Logged = (host, entry) =>
        {
            if (entry.Message.Contains("Exception", StringComparison.Ordinal))
                failure ??= $"{host}: {entry.Source}: {entry.Message}";
        };
        ClusterWorld world = await ClusterWorld.StartAsync(sim, new ClusterPlan { Clients = 3, Servers = 1 });
        ClusterClient good = world.Clients[0], bad = world.Clients[1];
        bad.IsLiedTo = true;
        var liar = new Liar(sim, good.Node.Nid, bad.Node.Nid, fromServers);
        var load = new TreeWorkload(sim.Random, "/good", [good]);
        await load.PrepareAsync();
        var work = new HostileWorkload(sim.Random, bad);
        await work.PrepareAsync();
        // Somebody who shares its files, so that there are callbacks.
        var other = new HostileWorkload(sim.Random, world.Clients[2]);
        liar.PerMille = perMille;
        liar.Forgeries = forgeries;
        Task lying = work.RunAsync(40), sharing = other.RunAsync(40);
        for (int i = 0; i < 25; i++)
        {
            await load.StepAsync();
            Lassert.That(failure is null, failure ?? "");
        }
        await BoundedAsync(sim, lying, () => failure ?? $"the liar's operation does not end: {work.Current}");
        await BoundedAsync(sim, sharing, () => failure ?? $"operations beside the liar do not end: {other.Current}");
        await load.CheckAsync(good);
        if (fromServers)
        {
            liar.PerMille /= 2;
            await BoundedAsync(sim, bad.UnmountAsync(), () => failure ?? "its unmount does not end");
            await bad.Node.StopAsync();
        }
        liar.PerMille = liar.Forgeries = 0;
        Lassert.That(failure is null, failure ?? "");
        bad.Node.Host.Note("liar", (ulong)liar.Altered);
        if (bad.Node.IsUp)
            bad.Node.Crash(loud: sim.Random.Next(2) == 0);
        await load.CheckAsync(good);
        Lassert.That(!good.WasEvicted, "the good client was thrown out");
        Lassert.That(liar.Altered > 0, "nobody lied");
        await world.StopAsync();
        Lassert.That(failure is null, failure ?? "");
    }

    static async Task BoundedAsync(Simulation.Simulation sim, Task task, Func<string> failure)
    {
        TimeSpan end = sim.Now + s_patience;
        while (!task.IsCompleted)
        {
            Lassert.That(sim.Now < end, failure());
            await sim.Delay(TimeSpan.FromSeconds(1));
        }
        await task;
    }
}
