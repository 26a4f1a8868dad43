using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Server;
using Lustrous.Target;

namespace Lustrous.Simulation.Tests.Cluster;

/// <summary>What must hold of the servers from outside.</summary>
static class ClusterChecks
{
    /// <summary>A client that could not say that it leaves is thrown out after a silence of less than this.</summary>
    static readonly TimeSpan s_evictionTime = TimeSpan.FromMinutes(10);

    /// <summary>After every mount has left, or died: the servers know none of them any more.</summary>
    public static async Task NothingIsHeldAsync(ClusterWorld world)
    {
        TimeSpan end = world.Sim.Now + s_evictionTime;
        while (Remaining(world) is { } remaining)
        {
            Lassert.That(world.Sim.Now < end, remaining);
            await world.Sim.Delay(TimeSpan.FromSeconds(1));
        }
    }

    static string? Remaining(ClusterWorld world)
    {
        foreach (ITargetDevice target in world.Servers.SelectMany(server => server.Servers.Targets))
        {
            foreach (Export export in target.Target.ListExports())
            {
                if (world.Clients.Any(client => client.Node.Nid == export.Peer.Nid))
                    return $"{target.Name} still knows {export}";
            }
        }
        return null;
    }
}
