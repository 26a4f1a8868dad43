using Lustrous.Clients.Osc;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ost;
using Lustrous.Ldlm.Client;
using Lustrous.Ldlm.Server;
using Lustrous.Libcfs;
using Lustrous.Oss.Ofd;
using Lustrous.Ptlrpc.Client;
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

    /// <summary>
    /// At any moment: what servers have granted is compatible; no client uses what another may use alone, unless a
    /// server has thrown it out and it does not know yet; no OST has promised more than it has; no client reckons with
    /// more than its OST has promised, whatever was lost.
    /// </summary>
    public static void AtAnyMoment(ClusterWorld world)
    {
        foreach (ServerNamespace locks in world.Namespaces())
            Compatible(locks);
        foreach (OfdDevice ost in world.Osts())
        {
            Lassert.That(ost.LuTarget.Device.Statfs(out ObdStatfs statfs) == Errno.OK);
            Lassert.That(ost.LuTarget.Grants!.TotalGranted <= (long)(statfs.BlocksFree * statfs.BlockSize),
                $"{ost.Name} has promised more than it has");
        }
        foreach ((ClusterClient client, OscDevice osc) in Connections(world))
            GrantsAgree(world, client, osc);
    }

    /// <summary>When nothing is under way: the locks that a client believes to hold are there.</summary>
    public static void AtRest(ClusterWorld world)
    {
        foreach ((ClusterClient client, OscDevice osc) in Connections(world))
        {
            GrantsAgree(world, client, osc);
            LocksAgree(world, client, osc);
        }
    }

    /// <summary>Of clients that believe to be connected. One that is connecting may have been thrown out and be known
    /// again already, which it hears of in the answer.</summary>
    static IEnumerable<(ClusterClient Client, OscDevice Osc)> Connections(ClusterWorld world) =>
        world.Alive.Where(client => !client.WasEvicted && !client.IsLiedTo)
            .SelectMany(client => client.Oscs(), (client, osc) => (client, osc))
            .Where(pair => pair.osc.Import.State == ImportState.Full);

    static void GrantsAgree(ClusterWorld world, ClusterClient client, OscDevice osc)
    {
        // One that has been started again is told of the client's grant when it comes back.
        if (world.Osts().SingleOrDefault(ost => ost.Options.Index == osc.Options.Index) is not { } ost)
            return;
        foreach (Export export in ost.Target.ListExports())
        {
            if (export.ClientUuid != osc.Options.ClientUuid)
                continue;
            long granted = TargetExport.Of(export).Grant!.Granted;
            Lassert.That(osc.Grant.Unspent <= granted,
                $"client {client.Number} reckons with {osc.Grant.Unspent} bytes of {ost.Name}, which gave {granted}");
        }
    }

    static void LocksAgree(ClusterWorld world, ClusterClient client, OscDevice osc)
    {
        if (world.Osts().SingleOrDefault(ost => ost.Options.Index == osc.Options.Index) is not { } ost)
            return;
        foreach (ClientLock held in osc.Node.Hooks is LdlmNode node ? node.ListLocks(osc.Namespace) : [])
        {
            if (held.State != ClientLockState.Granted)
                continue;
            Lassert.That(ost.Namespace.ListLocks().Exists(known => known.Cookie == held.RemoteHandle),
                $"client {client.Number} believes to hold {held}, which {ost.Name} does not know");
        }
    }

    static void Compatible(ServerNamespace locks)
    {
        foreach (IGrouping<LdlmResId, ServerLock> group in
            locks.ListLocks().Where(held => held.IsGranted).GroupBy(held => held.Resource.Name))
        {
            ServerLock[] held = [.. group];
            for (int i = 0; i < held.Length; i++)
            {
                for (int j = 0; j < i; j++)
                    Lassert.That(!LockConflicts.Exist(held[i], held[j]), $"both granted: {held[i]} and {held[j]}");
            }
        }
    }

    static string? Remaining(ClusterWorld world)
    {
        foreach (ITargetDevice target in world.Targets())
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
