using Lustrous.LNet;
using Lustrous.Mgs;
using Lustrous.Obdclass.Storage;
using Lustrous.Target.Services;

namespace Lustrous.Utils.Hosting;

/// <summary>The servers of a process, from the descriptions of their targets: storage, and one line for a person where
/// something fails.</summary>
sealed class ServerHost : IAsyncDisposable
{
    readonly HostNode _node;
    readonly ServerNode _server;
    readonly IReadOnlyList<LNetProcessId> _mgs;
    readonly List<(string? Folder, IDtDevice Device)> _storages = [];

    ServerHost(HostNode node, IReadOnlyList<LNetProcessId> mgs, ServerRoles roles)
    {
        _node = node;
        _mgs = mgs;
        _server = new ServerNode(node.Lustre, roles, mgs) { Identities = new SystemIdentities() };
    }

    public ServerNode Server => _server;

    /// <summary>Those that run.</summary>
    public List<TargetDescription> Running { get; } = [];

    /// <summary>Starts all targets in the order that Lustre asks for: MGS, MDTs, OSTs. With
    /// <paramref name="goesOn"/> those that can, when others are damaged, locked or full.</summary>
    public static async Task<ServerHost> StartAsync(
        HostNode node, IReadOnlyList<TargetDescription> targets, CancellationToken cancel, bool goesOn = false)
    {
        var host = new ServerHost(node, FindMgs(node, targets), RolesOf(targets));
        try
        {
            await host.StartAllAsync(targets, goesOn, cancel);
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
        foreach ((_, IDtDevice device) in _storages)
            await device.DisposeAsync();
        _storages.Clear();
    }

    async Task StartAllAsync(IReadOnlyList<TargetDescription> targets, bool goesOn, CancellationToken cancel)
    {
        Check(_server.Start(), "the services of the server do not start");
        HostException? first = null;
        foreach (TargetDescription target in targets
            .OrderBy(target => target.Mgs ? 0 : target.Mdt ? 1 : 2).ThenBy(target => target.Index))
        {
            try
            {
                if (target.Mgs)
                    await StartMgsAsync(target, cancel);
                if (target.Mdt || target.Ost)
                    await StartAsync(target, cancel);
                Running.Add(target);
            }
            catch (HostException e) when (goesOn && targets.Count > 1 && !cancel.IsCancellationRequested)
            {
                first ??= e;
                _node.Log.Error("lustrous", e.Message);
            }
        }
        if (Running.Count == 0 && first is not null)
            throw first;
    }

    async Task StartMgsAsync(TargetDescription target, CancellationToken cancel)
    {
        MgsOptions? options = null;
        if (!target.IsMemory)
        {
            Result<DtConfigStore> store = DtConfigStore.Open(StorageOf(target));
            if (store.Failed)
                throw new HostException(store.Error, $"{target.Folder}: the MGS's logs cannot be read: {store.Error}");
            options = new MgsOptions { Store = store.Value };
        }
        Check(await _server.StartMgsAsync(options, cancel), "MGS does not start");
    }

    async Task StartAsync(TargetDescription target, CancellationToken cancel)
    {
        IDtDevice storage = StorageOf(target);
        var spec = new TargetSpec(target.FsName, target.Mdt, target.Index)
        {
            Parameters = target.Parameters,
            ServiceNids = [.. MgsNodes.Parse(target.ServiceNodes).Select(node => node.Nid)],
        };
        Errno error = await _server.StartTargetAsync(
            spec, storage, !target.Registered, cancel, Registered, keepsLogs: !target.IsMemory);
        if (error != Errno.OK)
            throw new HostException(error, $"{target.Name}: {Explain(target, error)}");

        // At once, and not when it serves: killed in between, it would want its index a second time.
        void Registered()
        {
            if (target is { Folder: { } folder, Registered: false })
                (target with { Registered = true, ServedAt = _node.Nid.ToString() }).Write(folder);
        }
    }

    /// <summary>The storage of a target; an MGS and an MDT of one folder have one.</summary>
    IDtDevice StorageOf(TargetDescription target)
    {
        if (target.Folder is not null)
        {
            foreach ((string? folder, IDtDevice device) in _storages)
            {
                if (folder == target.Folder)
                    return device;
            }
        }
        IDtDevice opened = TargetStorage.Open(_node.Context, target);
        _storages.Add((target.Folder, opened));
        return opened;
    }

    string Explain(TargetDescription target, Errno error) => error switch
    {
        Errno.EADDRINUSE =>
            "the MGS has another target of this index. Give mkfs.lustre another --index, or restart the MGS",
        Errno.ENOENT =>
            "it has registered before, but its MGS does not know it: was that made anew? Then run"
            + $" 'mkfs.lustre --reformat' for {target.Folder ?? "it"} again",
        Errno.EADDRNOTAVAIL =>
            $"none of its --servicenode is this node ({_node.Nid}), or it starts first on a --failnode",
        Errno.EEXIST => "this process serves a target of that name already",
        Errno.EPROTO or Errno.EINVAL =>
            $"the MGS refuses it ({error}). '{target.FsName}' must be 1 to 8 letters, digits, '-' or '_'",
        Errno.ETIMEDOUT or Errno.ENOTCONN or Errno.EHOSTUNREACH or Errno.ECONNREFUSED or Errno.EIO
            or Errno.EAGAIN =>
            $"the MGS at {_mgs[0].Nid} does not answer ({error}). Is it running, and are NID and port right?",
        Errno.ENODEV => $"there is no MGS at {_mgs[0].Nid}",
        Errno.EINTR => "interrupted",
        Errno.ENOSPC => $"there is no room{At(target)}",
        Errno.EROFS or Errno.EACCES => $"nothing can be written{At(target)}",
        _ => $"it does not start: {error}",
    };

    static string At(TargetDescription target) => target.Folder is { } folder ? $" in {folder}" : "";

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
