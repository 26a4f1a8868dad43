using Lustrous.LNet;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Mem;
using Lustrous.Target.Services;

namespace Lustrous.Utils.Hosting;

/// <summary>The servers of a process, from the descriptions of their targets: storage in memory, and one line for a
/// person where something fails.</summary>
sealed class ServerHost : IAsyncDisposable
{
    readonly HostNode _node;
    readonly ServerNode _server;
    readonly IReadOnlyList<LNetProcessId> _mgs;
    readonly List<IDtDevice> _storages = [];

    ServerHost(HostNode node, IReadOnlyList<LNetProcessId> mgs, ServerRoles roles)
    {
        _node = node;
        _mgs = mgs;
        _server = new ServerNode(node.Lustre, roles, mgs) { Identities = new SystemIdentities() };
    }

    public ServerNode Server => _server;

    /// <summary>Starts all targets in the order that Lustre asks for: MGS, MDTs, OSTs.</summary>
    public static async Task<ServerHost> StartAsync(
        HostNode node, IReadOnlyList<TargetDescription> targets, CancellationToken cancel)
    {
        var host = new ServerHost(node, FindMgs(node, targets), RolesOf(targets));
        try
        {
            await host.StartAllAsync(targets, cancel);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Bounded.StopAsync(_node, "the client of the MGS", _node.Lustre.LeaveMgsAsync, seconds: 10);
        await Bounded.StopAsync(_node, "the servers", _server, seconds: 20);
        foreach (IDtDevice storage in _storages)
        {
            if (storage is IAsyncDisposable later)
                await later.DisposeAsync();
            else
                (storage as IDisposable)?.Dispose();
        }
        _storages.Clear();
    }

    async Task StartAllAsync(IReadOnlyList<TargetDescription> targets, CancellationToken cancel)
    {
        Check(_server.Start(), "the services of the server do not start");
        if (targets.Any(target => target.Mgs))
            Check(await _server.StartMgsAsync(null, cancel), "MGS does not start");
        foreach (TargetDescription target in targets.OrderBy(target => target.Mdt ? 0 : 1).ThenBy(t => t.Index))
        {
            if (target.Mdt || target.Ost)
                await StartAsync(target, cancel);
        }
    }

    async Task StartAsync(TargetDescription target, CancellationToken cancel)
    {
        var storage = new MemDevice(_node.Context, new MemDeviceOptions
        {
            Name = target.Name + "-osd",
            CapacityBytes = target.CapacityBytes,
        });
        _storages.Add(storage);
        // Memory is always fresh; what the MGS remembers of an earlier life is another matter.
        var spec = new TargetSpec(target.FsName, target.Mdt, target.Index);
        Errno error = await _server.StartTargetAsync(spec, storage, isFresh: true, cancel, target.Registered);
        if (error != Errno.OK)
            throw new HostException(error, $"{target.Name}: {Explain(target, error)}");
        if (target is { Folder: { } folder, Registered: false })
            (target with { Registered = true }).Write(folder);
    }

    string Explain(TargetDescription target, Errno error) => error switch
    {
        Errno.EADDRINUSE =>
            "the MGS has another target of this index. Give mkfs.lustre another --index, or restart the MGS",
        Errno.ENOENT =>
            "it has registered before, but its MGS does not know it: was that made anew? Then run"
            + $" 'mkfs.lustre --reformat' for {target.Folder ?? "it"} again",
        Errno.EPROTO or Errno.EINVAL =>
            $"the MGS refuses it ({error}). '{target.FsName}' must be 1 to 8 letters, digits, '-' or '_'",
        Errno.ETIMEDOUT or Errno.ENOTCONN or Errno.EHOSTUNREACH or Errno.ECONNREFUSED or Errno.EIO
            or Errno.EAGAIN =>
            $"the MGS at {_mgs[0].Nid} does not answer ({error}). Is it running, and are NID and port right?",
        Errno.ENODEV => $"there is no MGS at {_mgs[0].Nid}",
        Errno.EINTR => "interrupted",
        _ => $"it does not start: {error}",
    };

    static ServerRoles RolesOf(IReadOnlyList<TargetDescription> targets) =>
        (targets.Any(target => target.Mgs) ? ServerRoles.Mgs : 0)
        | (targets.Any(target => target.Mdt) ? ServerRoles.Mds : 0)
        | (targets.Any(target => target.Ost) ? ServerRoles.Oss : 0);

    static IReadOnlyList<LNetProcessId> FindMgs(HostNode node, IReadOnlyList<TargetDescription> targets)
    {
        if (targets.Any(target => target.Mgs))
            return [new LNetProcessId(node.Nid, LNetProcessId.LustrePid)];
        IReadOnlyList<LNetProcessId> peers = MgsNodes.Parse(targets.SelectMany(target => target.MgsNodes).Distinct());
        return peers.Count > 0
            ? peers
            : throw new HostException(
                Errno.EINVAL, $"{targets[0].Name} does not know its MGS. Make it with mkfs.lustre --mgsnode=NID");
    }

    static void Check(Errno error, string what)
    {
        if (error != Errno.OK)
            throw new HostException(error, $"{what}: {error}");
    }
}
