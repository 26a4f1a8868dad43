using Lustrous.Ldlm.Server;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Mds.Mdt;
using Lustrous.Oss.Ofd;
using Lustrous.Target;
using Lustrous.Utils.Hosting;

namespace Lustrous.Simulation.Tests.Cluster;

/// <summary>A whole file system under the seeded scheduler: MGS and MDT, OSTs, mounts; and what may happen to
/// them.</summary>
sealed class ClusterWorld
{
    public const string FsName = "sim";

    readonly ClusterServer[] _servers;
    Task _watch = Task.CompletedTask;
    bool _stopping;

    ClusterWorld(Simulation sim, ClusterPlan plan, ClusterServer[] servers, ClusterClient[] clients)
    {
        Sim = sim;
        Plan = plan;
        _servers = servers;
        Clients = clients;
    }

    public Simulation Sim { get; }

    public ClusterPlan Plan { get; }

    public IReadOnlyList<ClusterServer> Servers => _servers;

    public ClusterClient[] Clients { get; }

    /// <summary>Those whose machine lives.</summary>
    public IEnumerable<ClusterClient> Alive => Clients.Where(client => client.Node.IsUp);

    LNetProcessId[] Mgs => [.. _servers[0].Places];

    public static async Task<ClusterWorld> StartAsync(Simulation sim, ClusterPlan plan)
    {
        int machines = (1 + plan.Servers) * plan.NodesPerServer;
        SimNode[] nodes = await sim.AddNodesAsync(machines + plan.Clients);
        ClusterServer[] servers =
            [.. nodes.Take(machines).Chunk(plan.NodesPerServer).Select(places => new ClusterServer(places, plan))];
        ClusterClient[] clients =
            [.. nodes.Skip(machines).Select((node, index) => new ClusterClient(node, index + 1))];
        var world = new ClusterWorld(sim, plan, servers, clients);
        await servers[0].StartAsync(true, world.Mgs, [new TargetSpec(FsName, true, 0)]);
        for (int i = 1; i < servers.Length; i++)
        {
            uint first = (uint)((i - 1) * plan.OstsPerServer);
            TargetSpec[] osts = [.. Enumerable.Range(0, plan.OstsPerServer)
                .Select(k => new TargetSpec(FsName, false, first + (uint)k))];
            await servers[i].StartAsync(false, world.Mgs, osts);
        }
        // The MDT hears of its OSTs through the configuration log, in its own time.
        await sim.Delay(TimeSpan.FromSeconds(15));
        foreach (ClusterClient client in clients)
            await client.MountAsync(world.Mgs);
        world._watch = world.WatchAsync();
        return world;
    }

    /// <summary>Of servers that are up.</summary>
    public IEnumerable<OfdDevice> Osts() => Targets().OfType<OfdDevice>();

    public IEnumerable<ITargetDevice> Targets() =>
        _servers.Where(server => server.IsServing).SelectMany(server => server.Servers.Targets);

    public IEnumerable<ServerNamespace> Namespaces() =>
        Targets()
            .Select(target => target is MdtDevice mdt ? mdt.Locks : ((OfdDevice)target).Namespace);

    /// <summary>Looks again and again at what must hold at any moment, until it is stopped.</summary>
    public async Task WatchAsync()
    {
        while (!_stopping)
        {
            ClusterChecks.AtAnyMoment(this);
            foreach (ClusterClient client in Alive)
                client.LookForEvictions();
            await Sim.Delay(TimeSpan.FromMilliseconds(20 + Sim.Random.Next(400)));
        }
    }

    /// <summary>A machine with a mount dies, with what it had written and the locks it held.</summary>
    public void Crash(ClusterClient client) => client.Node.Crash(loud: Sim.Random.Next(2) == 0);

    /// <summary>A server dies with whatever was not committed, and comes up again some time later.</summary>
    public async Task CrashAsync(ClusterServer server, TimeSpan downtime)
    {
        server.Crash(Sim.Random);
        await Sim.Delay(downtime);
        // It may die again before its targets are up.
        while (true)
        {
            Task restart = server.RestartAsync();
            if (Sim.Random.Next(4) != 0)
            {
                await restart;
                return;
            }
            await Task.WhenAny(restart, Sim.Delay(TimeSpan.FromMilliseconds(Sim.Random.Next(3000))));
            if (restart.IsCompletedSuccessfully && Sim.Random.Next(2) == 0)
                return;
            server.Crash(Sim.Random);
            await Sim.Delay(TimeSpan.FromMilliseconds(Sim.Random.Next(3000)));
        }
    }

    /// <summary>No target waits for clients of its former life any more.</summary>
    public async Task RecoveredAsync()
    {
        TimeSpan end = Sim.Now + TimeSpan.FromMinutes(20);
        while (_servers.Any(server => !server.IsServing) || Targets().Any(target => target.Target.IsRecovering))
        {
            Lassert.That(Sim.Now < end, "a recovery does not end");
            await Sim.Delay(TimeSpan.FromSeconds(1));
        }
    }

    /// <summary>For a while nothing gets through between a mount and a server.</summary>
    public async Task PartitionAsync(TimeSpan time)
    {
        ClusterClient client = Clients[Sim.Random.Next(Clients.Length)];
        ClusterServer server = _servers[Sim.Random.Next(_servers.Length)];
        Sim.Network.Partition(client.Node.Nid, server.Node.Nid);
        await Sim.Delay(time);
        Sim.Network.Heal(client.Node.Nid, server.Node.Nid);
    }

    /// <summary>All mounts leave, then the servers stop; the run then looks for what was not given back.</summary>
    public async Task StopAsync()
    {
        _stopping = true;
        await _watch;
        await Sim.SettledAsync();
        ClusterChecks.AtRest(this);
        foreach (ClusterClient client in Alive.ToArray())
            await client.UnmountAsync();
        await ClusterChecks.NothingIsHeldAsync(this);
        for (int i = _servers.Length - 1; i >= 0; i--)
            await _servers[i].StopAsync();
        await Sim.SettledAsync();
    }
}
