using Lustrous.Libcfs;
using Lustrous.Llite;
using Lustrous.Ptlrpc.Client;

namespace Lustrous.Simulation.Tests.Cluster;

/// <summary>
/// A client dies together with the MDT, and with it what the MDT had not committed: whoever did not build on that keeps
/// what he has done, and nobody replays a change upon something else than he made it for.
/// </summary>
public sealed class ClusterVersionTests
{
    const int SeedCount = 4;

    const uint Made = 0x1A4, ByFirst = 0x180, BySecond = 0x1C0;

    [Fact]
    public void Who_worked_by_himself_keeps_his_work() => Seeds.SimulateSideBySide(SeedCount, async sim =>
    {
        ClusterWorld world = await StartAsync(sim);
        for (int i = 0; i < 5; i++)
        {
            Check(await world.Clients[0].RunAsync(posix => posix.CreateAsync($"/first/{i}", Made)));
            Check(await world.Clients[1].RunAsync(posix => posix.CreateAsync($"/second/{i}", Made)));
            Check(await world.Clients[1].RunAsync(posix => posix.ChmodAsync($"/second/{i}", BySecond)));
            Check(await world.Clients[1].RunAsync(posix => posix.RenameAsync($"/second/{i}", $"/second/moved{i}")));
        }
        await CrashAsync(world, withFirst: true);

        Assert.False(world.Clients[1].WasEvicted);
        Assert.Equal(Errno.OK, (await SecondAsync(world, posix => posix.ListAsync("/second"))).Error);
        for (int i = 0; i < 5; i++)
            Assert.Equal(BySecond, await ModeAsync(world, $"/second/moved{i}"));
        await world.StopAsync();
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_change_is_replayed_only_upon_what_it_was_made_for(bool firstDies) => Seeds.SimulateSideBySide(
        SeedCount, async sim =>
    {
        ClusterWorld world = await StartAsync(sim);
        Check(await world.Clients[0].RunAsync(posix => posix.ChmodAsync("/both", ByFirst)));
        Check(await world.Clients[1].RunAsync(posix => posix.ChmodAsync("/both", BySecond)));
        await CrashAsync(world, firstDies);

        // The second's change was made upon the first's, which is missing: neither is there, and the second was told.
        Assert.Equal(firstDies, world.Clients[1].WasEvicted);
        Assert.Equal(firstDies ? Made : BySecond, await ModeAsync(world, "/both"));
        await world.StopAsync();
    }, $"{nameof(A_change_is_replayed_only_upon_what_it_was_made_for)}");

    [Fact]
    public void What_was_made_in_a_directory_that_is_missing_is_not_made_elsewhere() => Seeds.SimulateSideBySide(
        SeedCount, async sim =>
    {
        ClusterWorld world = await StartAsync(sim);
        Check(await world.Clients[0].RunAsync(posix => posix.MkdirAsync("/first/d", 0x1FF)));
        Check(await world.Clients[1].RunAsync(posix => posix.CreateAsync("/first/d/f", Made)));
        await CrashAsync(world, withFirst: true);

        Assert.True(world.Clients[1].WasEvicted);
        Assert.Equal(Errno.ENOENT, (await SecondAsync(world, posix => posix.StatAsync("/first/d"))).Error);
        Assert.Equal(Errno.OK, await SecondAsync(world, posix => posix.MkdirAsync("/first/d", 0x1FF)));
        await world.StopAsync();
    });

    /// <summary>Nobody has to ask a server that has restarted before it knows: the MGS tells its clients.</summary>
    [Fact]
    public void Clients_hear_of_a_restart_from_the_MGS() => Seeds.SimulateSideBySide(SeedCount, async sim =>
    {
        ClusterWorld world = await ClusterWorld.StartAsync(sim, new ClusterPlan());
        ClusterServer oss = world.Servers[1];
        Import[] imports = [.. world.Clients.SelectMany(client => client.Oscs())
            .Where(osc => osc.Options.Index < 2).Select(osc => osc.Import)];
        foreach (Import import in imports)
            Assert.Equal(Errno.OK, await import.WaitConnectedAsync(firstTryOnly: false, default));
        uint[] before = [.. imports.Select(import => import.ConnectData.Instance)];
        // The machine is silent, not dead: no connection breaks, and the next ping is far away.
        oss.Crash(kept: 0, loud: false);
        await oss.RestartAsync();
        TimeSpan back = sim.Now;
        while (imports.Zip(before).Any(pair => pair.First.ConnectData.Instance == pair.Second))
            await sim.Delay(TimeSpan.FromMilliseconds(100));
        Assert.True(sim.Now - back < TimeSpan.FromSeconds(8), $"told after {sim.Now - back}");
        await world.RecoveredAsync();
        await world.StopAsync();
    });

    static async Task<ClusterWorld> StartAsync(Simulation sim)
    {
        ClusterWorld world = await ClusterWorld.StartAsync(
            sim, new ClusterPlan { CommitDelay = TimeSpan.FromHours(1) });
        Check(await world.Clients[0].RunAsync(posix => posix.MkdirAsync("/first", 0x1FF)));
        Check(await world.Clients[1].RunAsync(posix => posix.MkdirAsync("/second", 0x1FF)));
        Check(await world.Clients[0].RunAsync(posix => posix.CreateAsync("/both", Made)));
        foreach (ClusterServer server in world.Servers)
            await server.SyncAsync();
        return world;
    }

    /// <summary>The MDT dies and comes back, and waits for those it had.</summary>
    static async Task CrashAsync(ClusterWorld world, bool withFirst)
    {
        if (withFirst)
            world.Crash(world.Clients[0]);
        world.Servers[0].Crash(kept: 0, loud: true);
        await world.Servers[0].RestartAsync();
        await world.RecoveredAsync();
        // Whoever was thrown out finds his way back.
        foreach (ClusterClient client in world.Alive)
        {
            foreach (Import import in client.Mount.Lmv.Targets.Select(mdc => mdc.Import))
                Check(await import.WaitConnectedAsync(firstTryOnly: false, default));
            client.LookForEvictions();
        }
    }

    static Task<T> SecondAsync<T>(ClusterWorld world, Func<PosixClient, Task<T>> body) =>
        world.Clients[1].RunAsync(body);

    static async Task<uint> ModeAsync(ClusterWorld world, string path)
    {
        Result<LliteAttributes> found = await SecondAsync(world, posix => posix.StatAsync(path));
        Check(found.Error);
        return found.Value.Mode & 0xFFF;
    }

    static void Check(Errno status) => Lassert.That(status == Errno.OK, $"{status}");
}
