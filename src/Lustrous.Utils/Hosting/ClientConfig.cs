using System.Globalization;
using Lustrous.Clients.Lmv;
using Lustrous.Clients.Lov;
using Lustrous.Clients.Mdc;
using Lustrous.Clients.Mgc;
using Lustrous.Clients.Osc;
using Lustrous.Idl.Config;
using Lustrous.Idl.LNet;
using Lustrous.Obdclass.Config;
using Lustrous.Obdclass.Devices;
using Lustrous.Ptlrpc.Client;

namespace Lustrous.Utils.Hosting;

/// <summary>A mount's configuration log, carried out: it makes the clients of MDTs and OSTs as they are
/// named.</summary>
/// <remarks>The log's device names get the mount's instance, and their UUIDs become the mount's, so that several
/// mounts do not get into each other's way (class_config_llog_handler of lustre/obdclass/obd_config.c).</remarks>
sealed class ClientConfig(LustreNode node, string instance, string clientUuid, OscPageCache cache)
    : IConfigLogOwner, IAsyncDisposable
{
    readonly UuidTable _uuids = new();
    readonly Dictionary<string, Setup> _setups = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> _kinds = new(StringComparer.Ordinal);
    readonly List<IAsyncDisposable> _devices = [];
    readonly Dictionary<(bool IsMdt, uint Index), Import> _imports = [];    // guarded by itself
    readonly List<IDisposable> _listings = [];

    public LmvDevice Lmv { get; } = new();

    public LovDevice Lov { get; } = new();

    /// <summary>The mount's profile; null until the log has named it, without which there is no file system.</summary>
    public ConfigProfile? Profile { get; private set; }

    /// <summary>The connection to a target; null where there is none (yet).</summary>
    public Import? FindImport(bool isMdt, uint index)
    {
        lock (_imports)
            return _imports.GetValueOrDefault((isMdt, index));
    }

    public ValueTask<Errno> ProcessAsync(ConfigCommand command, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(command);
        return new(command.Command switch
        {
            LcfgCommand.ADD_UUID => ConfigNids.Add(_uuids, command),
            LcfgCommand.ATTACH => Attach(command),
            LcfgCommand.MOUNTOPT => SetProfile(command),
            LcfgCommand.SETUP => AddSetup(command),
            LcfgCommand.ADD_CONN => AddConnection(command),
            LcfgCommand.ADD_MDC => AddMdc(command),
            LcfgCommand.LOV_ADD_OBD => AddOsc(command),
            LcfgCommand.LOV_DEL_OBD => RemoveOsc(command),
            LcfgCommand.PARAM or LcfgCommand.SET_PARAM => SetParameter(command),
            _ => Errno.OK,
        });
    }

    public async ValueTask DisposeAsync()
    {
        for (int i = _devices.Count - 1; i >= 0; i--)
            await _devices[i].DisposeAsync();
        _devices.Clear();
        foreach (IDisposable listing in _listings)
            listing.Dispose();
        _listings.Clear();
    }

    /// <summary>Remembered for its kind: what is made is made when its target is added.</summary>
    Errno Attach(ConfigCommand command)
    {
        if (command.Text(0) is not { } device || command.Text(1) is not { } kind)
            return Errno.EINVAL;
        _kinds[device] = kind;
        return Errno.OK;
    }

    Errno SetProfile(ConfigCommand command)
    {
        Profile = new ConfigProfile(command.Text(2) ?? "", command.Text(3) ?? "");
        return Errno.OK;
    }

    /// <summary>A connection's target and node; what lov and lmv are set up with only concerns kernels.</summary>
    Errno AddSetup(ConfigCommand command)
    {
        if (command.Text(0) is not { } device)
            return Errno.EINVAL;
        if (_kinds.TryGetValue(device, out string? kind))
            _listings.Add(node.ListDevice(kind, $"{device}-{instance}", clientUuid));
        if (command.BufferCount >= 3 && command.Text(1) is { } target && command.Text(2) is { } nodeName)
            _setups[target] = new Setup(device, [.. _uuids.Find(nodeName)]);
        return Errno.OK;
    }

    Errno AddConnection(ConfigCommand command)
    {
        IReadOnlyList<Nid> nids = _uuids.Find(command.Text(1) ?? "");
        foreach (Setup setup in _setups.Values)
        {
            if (setup.Device != command.Text(0))
                continue;
            setup.Nids.AddRange(nids.Except(setup.Nids));
            setup.Import?.AddConnections(nids);
        }
        return Errno.OK;
    }

    Errno AddMdc(ConfigCommand command)
    {
        if (!TryFind(command, out string target, out Setup setup, out uint index))
            return Errno.EINVAL;
        var mdc = new MdcDevice(node.Ptlrpc, new MdcOptions
        {
            DeviceName = $"{setup.Device}-{instance}",
            TargetUuid = target,
            ClientUuid = clientUuid,
            Peers = setup.Nids.ToPeers(),
            Index = (int)index,
        });
        _devices.Add(mdc);
        Remember(setup, true, index, mdc.Import);
        Errno status = Lmv.AddTarget(mdc);
        if (status == Errno.OK)
            mdc.Connect();
        return status;
    }

    Errno AddOsc(ConfigCommand command)
    {
        if (!TryFind(command, out string target, out Setup setup, out uint index))
            return Errno.EINVAL;
        var osc = new OscDevice(node.Ldlm, new OscOptions
        {
            DeviceName = $"{setup.Device}-{instance}",
            TargetUuid = target,
            ClientUuid = clientUuid,
            Peers = setup.Nids.ToPeers(),
            Index = index,
            Cache = cache,
        });
        _devices.Add(osc);
        Remember(setup, false, index, osc.Import);
        osc.AddParameters(node.Parameters);
        Errno status = Lov.AddTarget(index, osc);
        return status == Errno.OK ? osc.Connect() : status;
    }

    void Remember(Setup setup, bool isMdt, uint index, Import import)
    {
        setup.Import = import;
        lock (_imports)
            _imports[(isMdt, index)] = import;
    }

    Errno RemoveOsc(ConfigCommand command) =>
        uint.TryParse(command.Text(2), NumberStyles.None, CultureInfo.InvariantCulture, out uint index)
            ? Lov.RemoveTarget(index)
            : Errno.EINVAL;

    /// <summary>Devices of the log have the mount's instance at their end here.</summary>
    Errno SetParameter(ConfigCommand command) =>
        node.SetConfigured(command, command.Text(0) is { Length: > 0 } device ? $"{device}-{instance}" : null);

    bool TryFind(ConfigCommand command, out string target, out Setup setup, out uint index)
    {
        target = command.Text(1) ?? "";
        setup = _setups.GetValueOrDefault(target) ?? new Setup("", []);
        return uint.TryParse(command.Text(2), NumberStyles.None, CultureInfo.InvariantCulture, out index)
            && setup.Nids.Count > 0;
    }

    sealed record Setup(string Device, List<Nid> Nids)
    {
        /// <summary>Of the device; null until its target is added.</summary>
        public Import? Import { get; set; }
    }
}
