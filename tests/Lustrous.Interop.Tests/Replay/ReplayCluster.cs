using Lustrous.Idl.LNet;
using Lustrous.Interop.Tests.Recordings;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Mds.Mdt;
using Lustrous.Oss.Ofd;
using Lustrous.Simulation;
using Lustrous.Simulation.Tests.Cluster;
using Lustrous.Target;
using Lustrous.Utils.Hosting;

namespace Lustrous.Interop.Tests.Replay;

/// <summary>
/// Servers of the shape of the recorded ones, at their addresses: MGS and MDT0000 on one machine, two OSTs on the
/// other. The recorded MDT0001 has no counterpart: see <see cref="ReplayRun"/>.
/// </summary>
sealed class ReplayCluster
{
    public const string FsName = "lustre";

    readonly ClusterServer[] _servers;

    ReplayCluster(ClusterServer[] servers) => _servers = servers;

    public static Nid Mds { get; } = Nid.Parse("10.99.0.10@tcp").Value;

    public static Nid Oss { get; } = Nid.Parse("10.99.0.11@tcp").Value;

    public static async Task<ReplayCluster> StartAsync(Simulation.Simulation sim)
    {
        var plan = new ClusterPlan { OstBytes = 768L << 20 };
        ClusterServer[] servers =
        [
            new([await sim.AddNodeAsync(Mds)], plan), new([await sim.AddNodeAsync(Oss)], plan),
        ];
        LNetProcessId[] mgs = [.. servers[0].Places];
        await servers[0].StartAsync(true, mgs, [new TargetSpec(FsName, true, 0)]);
        await servers[1].StartAsync(
            false, mgs, [new TargetSpec(FsName, false, 0), new TargetSpec(FsName, false, 1)]);
        return new ReplayCluster(servers);
    }

    /// <summary>All so far is on the disk of MDT0000, and it is that disk that is there after the next kill.</summary>
    public async Task CopyMdsDiskAsync()
    {
        await _servers[0].SyncAsync();
        _servers[0].Freeze();
    }

    public void KillMds() => _servers[0].Crash(kept: 0, loud: false);

    public Task StartMdsAsync() => _servers[0].RestartAsync();

    public Task RemountOst0Async() => _servers[1].RemountAsync(new TargetSpec(FsName, false, 0));

    /// <summary>Every target that it is connected to throws out a client.</summary>
    public async Task EvictAsync(Nid client)
    {
        foreach (ClusterServer server in _servers)
        {
            await server.Node.RunAsync(() =>
            {
                foreach (ITargetDevice device in server.Servers.Targets)
                {
                    LuTarget target = device is MdtDevice mdt ? mdt.LuTarget : ((OfdDevice)device).LuTarget;
                    Assert.True(target.EvictClient($"nid:{client}") is Errno.OK or Errno.ENOENT);
                }
                return Task.CompletedTask;
            });
        }
    }

    public async Task StopAsync()
    {
        for (int i = _servers.Length - 1; i >= 0; i--)
            await _servers[i].StopAsync();
    }
}
