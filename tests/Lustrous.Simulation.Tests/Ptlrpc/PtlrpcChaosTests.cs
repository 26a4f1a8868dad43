using Lustrous.Libcfs;

namespace Lustrous.Simulation.Tests.Ptlrpc;

/// <summary>
/// Clients call a target over a network that misbehaves, and machines that go down. Calls that must not be
/// executed twice are not;
/// a reply is that of its request; bulk arrives as it was; everything ends; afterwards all is well again and
/// nothing is left.
/// </summary>
public sealed class PtlrpcChaosTests
{
    [Fact]
    public void A_bad_network_costs_time_and_nothing_else() => Seeds.Simulate(100, sim =>
    {
        sim.Network.DefaultLink = Bad(sim);
        return ChaosWorld.RunAsync(
            sim, new ChaosPlan { HasTransactions = sim.Random.Next(2) == 0 }, world => world.SufferAsync());
    });

    [Fact]
    public void Cuts_and_partitions_cost_time_and_nothing_else() => Seeds.Simulate(80, sim =>
    {
        if (sim.Random.Next(2) == 0)
            sim.Network.DefaultLink = Bad(sim);
        return ChaosWorld.RunAsync(
            sim, new ChaosPlan(), world => world.DisturbAsync(12, world.CutAsync, world.PartitionAsync));
    });

    [Fact]
    public void A_service_that_stops_and_resumes_executes_nothing_twice() => Seeds.Simulate(60, sim =>
    {
        if (sim.Random.Next(2) == 0)
            sim.Network.DefaultLink = Bad(sim);
        return ChaosWorld.RunAsync(
            sim, new ChaosPlan { SlowSeconds = 8 },
            world => world.DisturbAsync(5, world.StopAndResumeAsync, world.CutAsync));
    });

    [Fact]
    public void Clients_that_crash_are_forgotten_and_the_others_go_on() => Seeds.Simulate(60, sim =>
    {
        if (sim.Random.Next(2) == 0)
            sim.Network.DefaultLink = Bad(sim);
        return ChaosWorld.RunAsync(
            sim, new ChaosPlan { MayFail = true, HasTransactions = sim.Random.Next(2) == 0 },
            world => world.DisturbAsync(4, world.CrashClientAsync));
    });

    [Fact]
    public void A_server_that_forgets_everything_is_found_again() => Seeds.Simulate(60, sim =>
    {
        if (sim.Random.Next(2) == 0)
            sim.Network.DefaultLink = Bad(sim);
        return ChaosWorld.RunAsync(
            sim, new ChaosPlan { MayFail = true, HasTransactions = sim.Random.Next(2) == 0 },
            world => world.DisturbAsync(4, world.CrashServerAsync));
    });

    [Fact]
    public void Everything_at_once() => Seeds.Simulate(80, sim =>
    {
        sim.Network.DefaultLink = Bad(sim);
        return ChaosWorld.RunAsync(sim, Wild(sim), DisturbWildly);
    });

    [Fact]
    public void A_client_that_leaves_ends_what_it_has_under_way() => Seeds.Simulate(40, async sim =>
    {
        sim.Network.DefaultLink = Bad(sim);
        ChaosWorld world = await ChaosWorld.StartAsync(sim, new ChaosPlan { MayFail = true });
        await world.PauseAsync();
        await world.StopAsync();
    });

    [Fact]
    public void A_dead_client_does_not_hold_up_the_others() => Seeds.Simulate(20, async sim =>
    {
        var plan = new ChaosPlan { MayFail = true, SlowSeconds = 2, CallsEach = 12, CallersGiveUp = false };
        ChaosWorld world = await ChaosWorld.StartAsync(sim, plan);
        await sim.Delay(TimeSpan.FromMilliseconds(sim.Random.Next(20)));
        await world.CrashClientAsync();
        await world.CalmAsync();
        // Nobody waits longer than for the time limit of a bulk transfer with the dead.
        Assert.All(
            world.Clients, client => Assert.InRange(client.LongestCall, TimeSpan.Zero, TimeSpan.FromMinutes(2)));
        await world.StopAsync();
    });

    [Fact]
    public void The_same_seed_repeats_the_same_calls() => Seeds.Each(4, seed =>
    {
        Assert.Equal(Run(), Run());

        SimReport Run() => Simulation.Run(seed, sim =>
        {
            sim.Network.DefaultLink = Bad(sim);
            return ChaosWorld.RunAsync(sim, Wild(sim), DisturbWildly);
        });
    });

    static ChaosPlan Wild(Simulation sim) => new()
    {
        MayFail = true,
        Clients = 1 + sim.Random.Next(4),
        HasTransactions = sim.Random.Next(2) == 0,
    };

    static Task DisturbWildly(ChaosWorld world) => world.DisturbAsync(
        8, world.CutAsync, world.PartitionAsync, world.CrashClientAsync, world.CrashServerAsync,
        world.StopAndResumeAsync);

    static SimLinkOptions Bad(Simulation sim) => SimLinkOptions.Default with
    {
        Connections = 1 + sim.Random.Next(3),
        MaxDelay = TimeSpan.FromMilliseconds(sim.Random.Next(4) == 0 ? 500 : 0.5),
        DropProbability = sim.Random.Next(3) * 0.03,
        CutProbability = sim.Random.Next(3) * 0.015,
        BytesPerSecond = sim.Random.Next(4) == 0 ? 10 << 20 : 0,
    };
}
