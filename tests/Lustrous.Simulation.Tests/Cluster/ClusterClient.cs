using Lustrous.Clients.Mdc;
using Lustrous.Clients.Osc;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Ptlrpc.Client;
using Lustrous.Utils.Hosting;

namespace Lustrous.Simulation.Tests.Cluster;

/// <summary>One client machine with one mount.</summary>
sealed class ClusterClient(SimNode node, int number)
{
    LustreNode? _lustre;
    ClientMount? _mount;

    public SimNode Node => node;

    /// <summary>From 1.</summary>
    public int Number => number;

    public PosixClient Posix { get; private set; } = null!;

    public ClientMount Mount => _mount!;

    /// <summary>Some server has thrown it out since the mount.</summary>
    public bool WasEvicted { get; private set; }

    /// <summary>Somebody changes what it says or hears: its books need not agree with anybody's.</summary>
    public bool IsLiedTo { get; set; }

    /// <summary>Looks whether it was thrown out; often, as imports remember only their last states.</summary>
    public void LookForEvictions() => WasEvicted |= Imports().Any(import =>
        import.GetInfo().History.Any(change => change.State == ImportState.Evicted));

    public Task MountAsync(IReadOnlyList<LNetProcessId> mgs) => node.RunAsync(async () =>
    {
        _lustre = new LustreNode(node.LNet);
        Errno status = _lustre.Start();
        Lassert.That(status == Errno.OK, $"lock callbacks: {status}");
        Result<ClientMount> mounted = await ClientMount.MountAsync(
            _lustre, new ClientMountOptions { FsName = ClusterWorld.FsName, Mgs = mgs }, default);
        Lassert.That(!mounted.Failed, $"client {number} cannot mount: {mounted.Error}");
        _mount = mounted.Value;
        Posix = new PosixClient(_mount.Llite);
    });

    public Task UnmountAsync() => node.RunAsync(async () =>
    {
        await _mount!.DisposeAsync();
        await _lustre!.DisposeAsync();
    });

    /// <summary>Runs on this machine.</summary>
    public Task RunAsync(Func<PosixClient, Task> body) => node.RunAsync(() => body(Posix));

    public Task<T> RunAsync<T>(Func<PosixClient, Task<T>> body) => node.Host.RunAsync(() => body(Posix));

    public IEnumerable<OscDevice> Oscs() => Mount.Lov.Indexes.Select(index => Mount.Lov.Target(index)!);

    IEnumerable<Import> Imports() =>
        Mount.Lmv.Targets.Select(mdc => mdc.Import)
            .Concat(Oscs().Select(osc => osc.Import));
}
