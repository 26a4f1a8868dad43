using Lustrous.Clients.Mgc;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Mgs;
using Lustrous.Idl.Wire;
using Lustrous.LNet;
using Lustrous.Mds.Lfsck;
using Lustrous.Mds.Lod;
using Lustrous.Mds.Mdd;
using Lustrous.Mds.Mdt;
using Lustrous.Mgs;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Scrub;
using Lustrous.Oss.Ofd;
using Lustrous.Ptlrpc.Server;
using Lustrous.Target;
using Lustrous.Target.Services;

namespace Lustrous.Utils.Hosting;

/// <summary>One server machine: its services, and whatever runs on it of MGS, MDTs and OSTs.</summary>
/// <remarks>The order of a start is that of server_start_targets, lustre/target/tgt_mount.c: services, MGS, then for
/// each target registration, configuration log, device.</remarks>
public sealed partial class ServerNode : IAsyncDisposable
{
    readonly LustreNode _node;
    readonly IReadOnlyList<LNetProcessId> _mgsPeers;
    readonly TargetServices _services;
    readonly List<RunningTarget> _running = [];         // in the order of their start; also those that failed
    readonly List<ITargetDevice> _targets = [];
    readonly List<TargetCheck> _checks = [];
    IDisposable? _mgsListing;

    /// <param name="node">Started.</param>
    /// <param name="roles">What will run here.</param>
    /// <param name="mgs">Where the MGS is; this node's own address when it is here.</param>
    public ServerNode(LustreNode node, ServerRoles roles, IReadOnlyList<LNetProcessId> mgs)
    {
        ArgumentNullException.ThrowIfNull(node);
        _node = node;
        _mgsPeers = mgs;
        Exports = new ExportTable(node.Context);
        _services = new TargetServices(
            roles, options => new Service(node.LNet, options, TargetHandler.Instance, Exports), node.Ptlrpc.Options);
    }

    public ExportTable Exports { get; }

    public MgsTarget? Mgs { get; private set; }

    /// <summary>What MDTs know of users besides what clients say.</summary>
    public IIdentities? Identities { get; init; }

    public IReadOnlyList<ITargetDevice> Targets => _targets;

    /// <summary>Scrubs and checks of the targets that run.</summary>
    public IReadOnlyList<TargetCheck> Checks => _checks;

    /// <summary>Listens.</summary>
    public Errno Start() => _services.Start();

    public async ValueTask<Errno> StartMgsAsync(MgsOptions? options, CancellationToken cancel)
    {
        Mgs = new MgsTarget(_node.Ptlrpc, Exports, options);
        Mgs.AddParameters(_node.Parameters);
        _mgsListing = _node.ListDevice("mgs", MgsTarget.Uuid, MgsTarget.Uuid);
        return await Mgs.StartAsync(cancel);
    }

    /// <summary>Registers a target with the MGS, reads its configuration and runs it.</summary>
    /// <param name="spec">Which.</param>
    /// <param name="storage">Formatted here as far as it is not; the caller disposes it after this node.</param>
    /// <param name="isFresh">It has never registered.</param>
    /// <param name="cancel">Ends the wait for the MGS.</param>
    /// <param name="registered">Called when the MGS knows it.</param>
    /// <param name="keepsLogs">Copies of its logs are kept in the storage: once registered, it starts without the MGS,
    /// and registers when that is back.</param>
    /// <returns>What the MGS answers: EADDRINUSE for an index that is taken; or that it cannot be reached. EEXIST: it
    /// runs here; EADDRNOTAVAIL: it is not to run on this node.</returns>
    public async ValueTask<Errno> StartTargetAsync(
        TargetSpec spec, IDtDevice storage, bool isFresh, CancellationToken cancel, Action? registered = null,
        bool keepsLogs = false)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (_targets.Exists(running => running.Name == spec.Name))
            return Errno.EEXIST;
        IReadOnlyList<Nid> nids = spec.ServiceNids.Count == 0 ? Nids : [.. Nids.Where(spec.ServiceNids.Contains)];
        if (nids.Count == 0)
            return Errno.EADDRNOTAVAIL;
        if (Describe(spec, isFresh) is not { } info)
            return Errno.E2BIG;
        StoredConfigs? copies = keepsLogs ? await OpenCopiesAsync(storage, cancel) : null;
        Mgc mgc = _node.MgcOf(_mgsPeers);
        Errno status = await mgc.ConnectAsync(cancel);
        if (status == Errno.OK)
            status = (await mgc.RegisterTargetAsync(info, nids, cancel)).Error;
        bool isAlone = !isFresh && Mgc.IsUnreachable(status) && copies?.Load(spec.Name) is not null;
        if (status != Errno.OK && !isAlone)
            return status;
        if (!isAlone)
            registered?.Invoke();
        // Also one that has registered may have been killed before this.
        if (spec.IsMdt && MddDevice.Format(storage, _node.Context.UnixSeconds) is var formatted
            and not (Errno.OK or Errno.EROFS))
            return formatted;
        (RunningTarget running, TargetConfig config) = spec.IsMdt
            ? MakeMdt(spec, storage, mgc, copies)
            : await MakeOstAsync(spec, storage, mgc, copies, cancel);
        running.Follows(spec.Name, config);
        status = await mgc.FollowAsync(spec.Name, config, cancel, copies: copies);
        if (status == Errno.OK)
            status = await config.Device.StartAsync(cancel);
        if (status != Errno.OK)
            return status;
        _targets.Add(config.Device);
        AddTargetParameters(config.Device);
        running.Check = new TargetCheck(
            new OsdScrub(_node.Context, storage, spec.Name),
            config.Device is MdtDevice mdt ? new MdtLfsck(mdt, config.Lod) : null);
        running.Check.AddParameters(_node.Parameters);
        _checks.Add(running.Check);
        var parameters = new ParamsLog(_node);
        running.Follows(Mgc.ParamsLog, parameters);
        status = await mgc.FollowAsync(Mgc.ParamsLog, parameters, cancel, copies: copies);
        if (status != Errno.OK)
            _node.Context.Log.Warning(spec.Name, $"cannot read the log params: {status}");
        running.Listing = _node.ListDevice(spec.IsMdt ? "mdt" : "obdfilter", spec.Name, spec.Name + "_UUID");
        if (isAlone)
            running.DoBeside(stop => JoinLaterAsync(mgc, spec, running, config, info, nids, stop));
        else
            await TellMgsAsync(mgc, spec, running, config, info, nids, cancel);
        return Errno.OK;
    }

    /// <summary>Clients that knew an earlier life of a target hear that they may come (server_notify_target), and it
    /// hears of other targets' restarts.</summary>
    async ValueTask TellMgsAsync(
        Mgc mgc, TargetSpec spec, RunningTarget running, TargetConfig config, MgsTargetInfo info,
        IReadOnlyList<Nid> nids, CancellationToken cancel)
    {
        info.Flags = (spec.IsMdt ? LddFlags.SV_TYPE_MDT : LddFlags.SV_TYPE_OST) | MgsTargetOperations.Ready;
        info.Instance = config.Device.Target.Options.Instance;
        if (info.Instance != 0)
        {
            Result<MgsTargetInfo> ready = await mgc.RegisterTargetAsync(info, nids, cancel);
            if (ready.Failed)
                _node.Context.Log.Warning(spec.Name, $"the MGS could not tell clients of it: {ready.Error}");
        }
        if (config.Lod is { } lod)
            await FollowRecoverTableAsync(mgc, spec, running, lod, cancel);
    }

    /// <summary>One target leaves, the others go on; its clients find it again after its next start.</summary>
    /// <returns>ENOENT: no such target runs here.</returns>
    public async ValueTask<Errno> StopTargetAsync(string name)
    {
        int at = _targets.FindIndex(target => target.Name == name);
        if (at < 0)
            return Errno.ENOENT;
        RunningTarget leaving = _running.First(running => running.Device == _targets[at]);
        _running.Remove(leaving);
        _targets.RemoveAt(at);
        _checks.Remove(leaving.Check!);
        await leaving.LeaveAsync();
        return Errno.OK;
    }

    /// <summary>Of the target's locks and clients; a later life of it has the same names.</summary>
    void AddTargetParameters(ITargetDevice device)
    {
        Ldlm.Server.ServerNamespace? locks = device switch
        {
            MdtDevice mdt => mdt.Locks,
            OfdDevice ofd => ofd.Namespace,
            _ => null,
        };
        if (locks is null)
            return;
        _node.Parameters.Remove(["ldlm", "namespaces", locks.Name]);
        locks.AddParameters(_node.Parameters);
        LuTargetOf(device)?.AddParameters(_node.Parameters);
    }

    /// <summary>No target waits for clients of its former life any longer (<c>mount -o abort_recov</c>).</summary>
    public void AbortRecovery()
    {
        foreach (ITargetDevice device in _targets)
            _ = LuTargetOf(device)?.AbortRecovery();
    }

    static LuTarget? LuTargetOf(ITargetDevice device) =>
        device is MdtDevice mdt ? mdt.LuTarget : (device as OfdDevice)?.LuTarget;

    /// <summary>An MDT hears which OSTs have started, and connects to them at once.</summary>
    async ValueTask FollowRecoverTableAsync(
        Mgc mgc, TargetSpec spec, RunningTarget running, LodDevice lod, CancellationToken cancel)
    {
        var recover = new RecoverTable((isMdt, index) =>
            isMdt ? null : lod.Osts.FirstOrDefault(ost => ost.Index == index)?.Import);
        running.Follows(spec.FsName + "-mdtir", recover);
        Errno status = await mgc.FollowRecoverAsync(spec.FsName, recover, forMdt: true, cancel);
        if (status != Errno.OK)
            _node.Context.Log.Warning(spec.Name, $"no imperative recovery: {status}");
    }

    /// <summary>Where this node is; a node without a network finds itself at 0@lo.</summary>
    IReadOnlyList<Nid> Nids => _node.LNet.Interfaces is { Count: > 0 } interfaces
        ? [.. interfaces.Select(ni => ni.Nid)]
        : [Nid.Loopback];

    /// <summary>Targets leave first, the MGS last, then the services.</summary>
    public async ValueTask DisposeAsync()
    {
        _checks.Clear();
        for (int i = _running.Count - 1; i >= 0; i--)
            await _running[i].DisposeAsync();
        _running.Clear();
        if (Mgs is { } mgs)
            await mgs.DisposeAsync();
        _mgsListing?.Dispose();
        await _services.DisposeAsync();
    }

    (RunningTarget Running, TargetConfig Config) MakeMdt(
        TargetSpec spec, IDtDevice storage, Mgc mgc, StoredConfigs? copies)
    {
        var lod = new LodDevice(_node.Ptlrpc, storage, new LodOptions
        {
            FileSystemName = spec.FsName,
            MdtIndex = spec.Index,
        });
        var mdt = new MdtDevice(
            _node.Ptlrpc, Exports, new MdtOptions
            {
                Name = spec.Name,
                Index = spec.Index,
                Identities = Identities,
            }, storage, lod);
        var running = new RunningTarget(mgc) { Device = mdt };
        if (copies is not null)
            running.Add(copies);
        running.Add(lod);
        running.Add(mdt);
        _running.Add(running);
        return (running, new TargetConfig(mdt, lod));
    }

    async ValueTask<(RunningTarget Running, TargetConfig Config)> MakeOstAsync(
        TargetSpec spec, IDtDevice storage, Mgc mgc, StoredConfigs? copies, CancellationToken cancel)
    {
        var mdt0 = new Mdt0Link(_node.Ptlrpc, spec);
        var ost = new OfdDevice(_node.Ptlrpc, Exports, storage, new OfdOptions
        {
            Name = spec.Name,
            Index = spec.Index,
            Controller = mdt0,
        });
        var running = new RunningTarget(mgc) { Device = ost };
        if (copies is not null)
            running.Add(copies);
        running.Add(mdt0);
        running.Add(ost);
        _running.Add(running);
        // The MDT may register later than we do.
        running.Follows(spec.FsName + "-client", mdt0);
        Errno followed = await mgc.FollowAsync(spec.FsName + "-client", mdt0, cancel, mayBeMissing: true, copies);
        if (followed != Errno.OK)
            _node.Context.Log.Warning(spec.Name, $"cannot read {spec.FsName}-client: {followed}");
        return (running, new TargetConfig(ost, null));
    }

    /// <summary>What it registers as; null for parameters that are too long.</summary>
    static MgsTargetInfo? Describe(TargetSpec spec, bool isFresh) =>
        !Text4096.TryFrom(string.Join(' ', spec.Parameters), out Text4096 parameters) ? null : new MgsTargetInfo
        {
            StripeIndex = spec.Index,
            Flags = (spec.IsMdt ? LddFlags.SV_TYPE_MDT : LddFlags.SV_TYPE_OST)
                | (isFresh ? LddFlags.VIRGIN | LddFlags.UPDATE : 0) | MgsTargetOperations.Register
                | (spec.ServiceNids.Count > 0 ? LddFlags.NO_PRIMNODE : 0),
            FsName = Text64.From(spec.FsName),
            ServiceName = Text64.From(spec.Name),
            Uuid = Text40.From(spec.Name + "_UUID"),
            Params = parameters,
        };
}
