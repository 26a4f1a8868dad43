using Lustrous.Libcfs;

namespace Lustrous.Simulation.Tests.Ptlrpc;

/// <summary>One server, its clients, and what may be done to them.</summary>
sealed class ChaosWorld
{
    /// <summary>
    /// Virtual time within which everything must be well again once nothing is done to it any more.
    /// </summary>
    static readonly TimeSpan Long = TimeSpan.FromMinutes(20);

    readonly ChaosPlan _plan;
    readonly List<Task> _ends = [];
    int _clientCount;

    ChaosWorld(Simulation sim, ChaosPlan plan, SimNode[] nodes)
    {
        Sim = sim;
        _plan = plan;
        Server = new ChaosServer(sim, nodes[0], Ledger, plan);
        Clients = new ChaosClient[plan.Clients];
        for (int i = 0; i < plan.Clients; i++)
            Clients[i] = NewClient(nodes[i + 1]);
    }

    public Simulation Sim { get; }

    public ChaosLedger Ledger { get; } = new();

    public ChaosServer Server { get; }

    /// <summary>The present lives.</summary>
    public ChaosClient[] Clients { get; }

    public bool CallersEnded => _ends.TrueForAll(end => end.IsCompleted);

    SeededRandom Random => Sim.Random;

    /// <summary>A run: calls, disturbance meanwhile, then peace, in which all must end well.</summary>
    public static async Task RunAsync(Simulation sim, ChaosPlan plan, Func<ChaosWorld, Task>? disturb = null)
    {
        ChaosWorld world = await StartAsync(sim, plan);
        if (disturb is not null)
            await disturb(world);
        await world.CalmAsync();
        await world.StopAsync();
    }

    public static async Task<ChaosWorld> StartAsync(Simulation sim, ChaosPlan plan)
    {
        var world = new ChaosWorld(sim, plan, await sim.AddNodesAsync(plan.Clients + 1));
        await world.Server.StartAsync();
        foreach (ChaosClient client in world.Clients)
            world.Start(client);
        return world;
    }

    /// <summary>
    /// A random pause, then something else, while calls are under way and at most <paramref name="times"/> times.
    /// </summary>
    public async Task DisturbAsync(int times, params Func<Task>[] ways)
    {
        for (int i = 0; i < times && !CallersEnded; i++)
        {
            await PauseAsync();
            await ways[Random.Next(ways.Length)]();
        }
    }

    /// <summary>Lets the network as it is do the disturbing, until every call has ended or for half an hour.</summary>
    public async Task SufferAsync()
    {
        for (int i = 0; i < 1800 && !CallersEnded; i++)
            await Sim.Delay(TimeSpan.FromSeconds(1));
    }

    /// <summary>
    /// From nothing over milliseconds, in which calls are under way, to longer than any time limit.
    /// </summary>
    public Task PauseAsync() => Sim.Delay(Random.Next(4) switch
    {
        0 => TimeSpan.FromSeconds(Random.Next(60)),
        1 => TimeSpan.FromMilliseconds(Random.Next(1000)),
        _ => TimeSpan.FromMicroseconds(Random.Next(20_000)),
    });

    public Task CutAsync()
    {
        Sim.Network.Cut(AnyClient().Node.Nid, Server.Node.Nid);
        return Task.CompletedTask;
    }

    /// <summary>For a while nothing gets through between the server and a client, in one direction or both.</summary>
    public async Task PartitionAsync()
    {
        (Idl.LNet.Nid a, Idl.LNet.Nid b) = (AnyClient().Node.Nid, Server.Node.Nid);
        if (Random.Next(2) == 0)
            (a, b) = (b, a);
        if (Random.Next(2) == 0)
            Sim.Network.Block(a, b);
        else
            Sim.Network.Partition(a, b);
        await PauseAsync();
        Sim.Network.Heal(a, b);
    }

    public async Task CrashClientAsync()
    {
        int index = Random.Next(Clients.Length);
        ChaosClient old = Clients[index];
        old.Crash();
        await PauseAsync();
        await old.Node.RestartAsync();
        Clients[index] = NewClient(old.Node);
        Start(Clients[index]);
    }

    public async Task CrashServerAsync() => await Server.CrashAsync(Pause());

    public async Task StopAndResumeAsync() => await Server.StopAndResumeAsync(Pause());

    /// <summary>The faults are over: every call ends, every import finds its way back, and nothing is left.</summary>
    public async Task CalmAsync()
    {
        Sim.Network.DefaultLink = SimLinkOptions.Default;
        TimeSpan end = Sim.Now + Long;
        while (!CallersEnded)
        {
            if (Sim.Now > end)
                Lassert.Lbug($"calls hang: {string.Join("; ", Clients.Select(client => client.Describe()))}");
            await Sim.Delay(TimeSpan.FromSeconds(1));
        }
        foreach (Task task in _ends)
            await task;
        await Task.WhenAll(Clients.Select(client => client.RecoverAsync(Long)));
        Ledger.Check();
        Lassert.That(_plan.MayFail || Clients.All(client => client.Evictions == 0), "a client was evicted");
        // Those that died are thrown out in time.
        end = Sim.Now + Long;
        while (_plan.MayFail && Server.ExportCount > Clients.Length)
        {
            Lassert.That(Sim.Now < end, $"{Server.ExportCount} exports are left");
            await Sim.Delay(TimeSpan.FromSeconds(1));
        }
        Lassert.That(
            Server.ExportCount == Clients.Length, $"{Server.ExportCount} exports for {Clients.Length} clients");
    }

    /// <summary>Clients leave, the server stops; the run then looks for buffers that were not given back.</summary>
    public async Task StopAsync()
    {
        await Task.WhenAll(Clients.Select(client => client.StopAsync()));
        Ledger.Check();
        await Server.StopAsync();
        await Sim.SettledAsync();
        Ledger.Check();
    }

    void Start(ChaosClient client) => _ends.Add(client.StartAsync());

    ChaosClient NewClient(SimNode node) => new(Sim, node, Server, Ledger, _plan, $"chaos-client-{++_clientCount}");

    ChaosClient AnyClient() => Clients[Random.Next(Clients.Length)];

    TimeSpan Pause() => Random.Next(2) == 0
        ? TimeSpan.FromMilliseconds(Random.Next(1000))
        : TimeSpan.FromSeconds(Random.Next(40));
}
