using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Osd.Mem;
using Lustrous.Target;
using Lustrous.Target.Services;
using Lustrous.Utils.Hosting;

namespace Lustrous.Simulation.Tests.Cluster;

/// <summary>One server machine: the node and its targets, on storage in memory.</summary>
sealed class ClusterServer(SimNode node, ClusterPlan plan)
{
    readonly List<MemDevice> _storage = [];
    LustreNode? _lustre;

    public SimNode Node => node;

    public ServerNode Servers { get; private set; } = null!;

    public IReadOnlyList<MemDevice> Storage => _storage;

    /// <summary>Starts the services, the MGS where it belongs, and the targets.</summary>
    public Task StartAsync(bool withMgs, LNetProcessId mgs, TargetSpec[] targets) => node.RunAsync(async () =>
    {
        _lustre = new LustreNode(node.LNet);
        Check(_lustre.Start(), "lock callbacks");
        ServerRoles roles = withMgs ? ServerRoles.Mgs : ServerRoles.None;
        foreach (TargetSpec target in targets)
            roles |= target.IsMdt ? ServerRoles.Mds : ServerRoles.Oss;
        Servers = new ServerNode(_lustre, roles, [mgs]);
        Check(Servers.Start(), "services");
        if (withMgs)
            Check(await Servers.StartMgsAsync(null, default), "MGS");
        foreach (TargetSpec target in targets)
        {
            var device = new MemDevice(node.Context, new MemDeviceOptions
            {
                Name = target.Name,
                CapacityBytes = plan.OstBytes,
                CommitDelay = plan.CommitDelay,
                HashKey = 1 + (ulong)node.Context.Random.Next(int.MaxValue),
            });
            _storage.Add(device);
            Check(await Servers.StartTargetAsync(target, device, isFresh: true, default), target.Name);
        }
    });

    public Task StopAsync() => node.RunAsync(async () =>
    {
        await Servers.DisposeAsync();
        await _lustre!.DisposeAsync();
        foreach (MemDevice device in _storage)
            await device.DisposeAsync();
    });

    public ITargetDevice Target(string name) => Servers.Targets.Single(target => target.Name == name);

    static void Check(Errno status, string what) => Lassert.That(status == Errno.OK, $"{what}: {status}");
}
