using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Mgs;
using Lustrous.Osd.Mem;
using Lustrous.Simulation.Storage;
using Lustrous.Target;
using Lustrous.Target.Services;
using Lustrous.Utils.Hosting;

namespace Lustrous.Simulation.Tests.Cluster;

/// <summary>One server machine: the node and its targets, on disks that outlive it.</summary>
sealed class ClusterServer(SimNode node, ClusterPlan plan)
{
    readonly List<CrashDisk> _disks = [];
    readonly List<CrashDevice> _open = [];
    readonly MemoryConfigStore _logs = new();       // the MGS's disk
    LustreNode? _lustre;
    Func<Task> _start = null!;

    public SimNode Node => node;

    public ServerNode Servers { get; private set; } = null!;

    public IReadOnlyList<CrashDisk> Disks => _disks;

    /// <summary>Its targets are running.</summary>
    public bool IsServing { get; private set; }

    /// <summary>Makes its disks, and starts the services, the MGS where it belongs, and the targets.</summary>
    public Task StartAsync(bool withMgs, LNetProcessId mgs, TargetSpec[] targets)
    {
        foreach (TargetSpec target in targets)
        {
            _disks.Add(new CrashDisk(node.AddDisk(target.Name), new MemDeviceOptions
            {
                Name = target.Name,
                CapacityBytes = plan.OstBytes,
                CommitDelay = plan.CommitDelay,
                HashKey = 1 + (ulong)node.Context.Random.Next(int.MaxValue),
            }));
        }
        _start = () => StartTargetsAsync(withMgs, mgs, targets);
        return _start();
    }

    /// <summary>The machine dies: each disk has any number of the transactions that were not committed.</summary>
    public void Crash(SeededRandom random)
    {
        IsServing = false;
        node.Crash(loud: random.Next(2) == 0);
        foreach (CrashDisk disk in _disks)
            disk.Crash(random.Next(disk.UncommittedCount + 1));
    }

    /// <summary>It comes up again, with what is on its disks.</summary>
    public async Task RestartAsync()
    {
        await node.RestartAsync();
        await _start();
    }

    Task StartTargetsAsync(bool withMgs, LNetProcessId mgs, TargetSpec[] targets) => node.RunAsync(async () =>
    {
        _open.Clear();
        _lustre = new LustreNode(node.LNet);
        Check(_lustre.Start(), "lock callbacks");
        ServerRoles roles = withMgs ? ServerRoles.Mgs : ServerRoles.None;
        foreach (TargetSpec target in targets)
            roles |= target.IsMdt ? ServerRoles.Mds : ServerRoles.Oss;
        Servers = new ServerNode(_lustre, roles, [mgs]);
        Check(Servers.Start(), "services");
        if (withMgs)
            Check(await Servers.StartMgsAsync(new MgsOptions { Store = _logs }, default), "MGS");
        for (int i = 0; i < targets.Length; i++)
        {
            bool isFresh = _disks[i].IsEmpty;
            CrashDevice device = _disks[i].Open(node.Context);
            _open.Add(device);
            Check(await Servers.StartTargetAsync(targets[i], device, isFresh, default), targets[i].Name);
        }
        IsServing = true;
    });

    public Task StopAsync() => node.RunAsync(async () =>
    {
        await Servers.DisposeAsync();
        await _lustre!.DisposeAsync();
        foreach (CrashDevice device in _open)
            await device.DisposeAsync();
    });

    public ITargetDevice Target(string name) => Servers.Targets.Single(target => target.Name == name);

    static void Check(Errno status, string what) => Lassert.That(status == Errno.OK, $"{what}: {status}");
}
