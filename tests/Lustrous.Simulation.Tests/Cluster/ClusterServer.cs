using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Mgs;
using Lustrous.Osd.Mem;
using Lustrous.Simulation.Storage;
using Lustrous.Target;
using Lustrous.Target.Services;
using Lustrous.Utils.Hosting;

namespace Lustrous.Simulation.Tests.Cluster;

/// <summary>One server: its targets, on disks that outlive the machine, and can be reached by others that take them
/// over.</summary>
/// <param name="nodes">Where it may run; the first at first.</param>
/// <param name="plan">Of the cluster.</param>
sealed class ClusterServer(SimNode[] nodes, ClusterPlan plan)
{
    int _at;
    readonly List<CrashDisk> _disks = [];
    readonly List<CrashDevice> _open = [];
    readonly MemoryConfigStore _logs = new();       // the MGS's disk
    LustreNode? _lustre;
    Func<Task> _start = null!;

    /// <summary>Where it runs now, or ran last.</summary>
    public SimNode Node => nodes[_at];

    public IEnumerable<LNetProcessId> Places => nodes.Select(node => node.Id);

    public ServerNode Servers { get; private set; } = null!;

    public IReadOnlyList<CrashDisk> Disks => _disks;

    /// <summary>Its targets are running.</summary>
    public bool IsServing { get; private set; }

    /// <summary>Makes its disks, and starts the services, the MGS where it belongs, and the targets.</summary>
    public Task StartAsync(bool withMgs, LNetProcessId[] mgs, TargetSpec[] targets)
    {
        foreach (TargetSpec target in targets)
        {
            _disks.Add(new CrashDisk(Node.AddDisk(target.Name), new MemDeviceOptions
            {
                Name = target.Name,
                CapacityBytes = plan.OstBytes,
                CommitDelay = plan.CommitDelay,
                HashKey = 1 + (ulong)Node.Context.Random.Next(int.MaxValue),
            }));
        }
        // Of several places none is the first.
        TargetSpec[] specs = nodes.Length == 1 ? targets : [.. targets.Select(target => target with
        {
            ServiceNids = [.. nodes.Select(node => node.Nid)],
            Parameters = [.. nodes.Select(node => $"failover.node={node.Nid}")],
        })];
        _start = () => StartTargetsAsync(withMgs, mgs, specs);
        return _start();
    }

    /// <summary>The machine dies: each disk has any number of the transactions that were not committed.</summary>
    public void Crash(SeededRandom random)
    {
        IsServing = false;
        Node.Crash(loud: random.Next(2) == 0);
        foreach (CrashDisk disk in _disks)
            disk.Crash(random.Next(disk.UncommittedCount + 1));
    }

    /// <summary>The same, with so many of them on each disk.</summary>
    public void Crash(int kept, bool loud)
    {
        IsServing = false;
        Node.Crash(loud);
        foreach (CrashDisk disk in _disks)
            disk.Crash(Math.Min(kept, disk.UncommittedCount));
    }

    /// <summary>From here on nothing reaches the disks: a crash brings back this moment.</summary>
    public void Freeze()
    {
        foreach (CrashDisk disk in _disks)
            disk.Freeze();
    }

    /// <summary>One of its targets leaves in good order and comes back, the others go on.</summary>
    public Task RemountAsync(TargetSpec target) => Node.RunAsync(async () =>
    {
        int at = _disks.FindIndex(disk => disk.Name == target.Name);
        Check(await Servers.StopTargetAsync(target.Name), "stop");
        await _open[at].DisposeAsync();
        _open[at] = _disks[at].Open(Node.Context);
        Check(await Servers.StartTargetAsync(target, _open[at], isFresh: false, default), target.Name);
    });

    /// <summary>Waits until all so far is on the disks.</summary>
    public Task SyncAsync() => Node.RunAsync(async () =>
    {
        foreach (CrashDevice device in _open)
            Check(await device.SyncAsync(default), "sync");
    });

    /// <summary>It comes up again, on the next of its machines, with what is on its disks.</summary>
    public async Task RestartAsync()
    {
        _at = (_at + 1) % nodes.Length;
        if (!Node.IsUp)
            await Node.RestartAsync();
        await _start();
    }

    Task StartTargetsAsync(bool withMgs, LNetProcessId[] mgs, TargetSpec[] targets) => Node.RunAsync(async () =>
    {
        _open.Clear();
        _lustre = new LustreNode(Node.LNet);
        Check(_lustre.Start(), "lock callbacks");
        ServerRoles roles = withMgs ? ServerRoles.Mgs : ServerRoles.None;
        foreach (TargetSpec target in targets)
            roles |= target.IsMdt ? ServerRoles.Mds : ServerRoles.Oss;
        Servers = new ServerNode(_lustre, roles, mgs);
        Check(Servers.Start(), "services");
        if (withMgs)
            Check(await Servers.StartMgsAsync(new MgsOptions { Store = _logs }, default), "MGS");
        for (int i = 0; i < targets.Length; i++)
        {
            bool isFresh = _disks[i].IsEmpty;
            CrashDevice device = _disks[i].Open(Node.Context);
            _open.Add(device);
            Check(await Servers.StartTargetAsync(targets[i], device, isFresh, default), targets[i].Name);
        }
        IsServing = true;
    });

    public Task StopAsync() => Node.RunAsync(async () =>
    {
        await Servers.DisposeAsync();
        await _lustre!.DisposeAsync();
        foreach (CrashDevice device in _open)
            await device.DisposeAsync();
    });

    public ITargetDevice Target(string name) => Servers.Targets.Single(target => target.Name == name);

    static void Check(Errno status, string what) => Lassert.That(status == Errno.OK, $"{what}: {status}");
}
