using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Server;
using Lustrous.Target;

namespace Lustrous.Simulation.Tests.Cluster;

/// <summary>What must hold of the servers from outside.</summary>
static class ClusterChecks
{
    /// <summary>After every mount has left: no client, no lock, no promise of space.</summary>
    public static void NothingIsHeld(ClusterWorld world)
    {
        foreach (ITargetDevice target in world.Servers.SelectMany(server => server.Servers.Targets))
        {
            foreach (Export export in target.Target.ListExports())
            {
                Lassert.That(
                    !world.Clients.Any(client => client.Node.Nid == export.Peer.Nid && client.Node.IsUp),
                    $"{target.Name} still knows {export}");
            }
        }
    }
}
