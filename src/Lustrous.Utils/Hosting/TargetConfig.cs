using System.Globalization;
using Lustrous.Clients.Mgc;
using Lustrous.Idl.Config;
using Lustrous.Idl.LNet;
using Lustrous.Mds.Lod;
using Lustrous.Obdclass.Config;
using Lustrous.Obdclass.Devices;
using Lustrous.Target;

namespace Lustrous.Utils.Hosting;

/// <summary>A target's configuration log, carried out: an MDT's OSTs, and what the device itself takes.</summary>
/// <param name="device">Whose log it is.</param>
/// <param name="lod">Of an MDT: takes its OSTs.</param>
sealed class TargetConfig(ITargetDevice device, LodDevice? lod) : IConfigLogOwner
{
    readonly UuidTable _uuids = new();
    readonly Dictionary<string, List<Nid>> _nidsByTarget = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> _targetByDevice = new(StringComparer.Ordinal);

    public ITargetDevice Device => device;

    public LodDevice? Lod => lod;

    public ValueTask<Errno> ProcessAsync(ConfigCommand command, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(command);
        switch (command.Command)
        {
            case LcfgCommand.MARKER or LcfgCommand.ATTACH or LcfgCommand.MOUNTOPT:
                return new(Errno.OK);
            case LcfgCommand.ADD_UUID:
                return new(ConfigNids.Add(_uuids, command));
            case LcfgCommand.SETUP when command.Text(0) != device.Name && command.Text(2) is { } node:
                _nidsByTarget[command.Text(1) ?? ""] = [.. _uuids.Find(node)];
                _targetByDevice[command.Text(0) ?? ""] = command.Text(1) ?? "";
                return new(Errno.OK);
            case LcfgCommand.ADD_CONN:
                return new(AddConnection(command));
            case LcfgCommand.SETUP:
                return new(Errno.OK);
            case LcfgCommand.LOV_ADD_OBD when lod is not null:
                return new(AddOst(command));
            default:
                return device.ProcessConfigAsync(command, cancel);
        }
    }

    /// <summary>Where else an OST may run: before it is added, or for one that has been.</summary>
    Errno AddConnection(ConfigCommand command)
    {
        if (command.Text(0) is not { } device || !_targetByDevice.TryGetValue(device, out string? target))
            return Errno.OK;
        IReadOnlyList<Nid> nids = _uuids.Find(command.Text(1) ?? "");
        _nidsByTarget[target].AddRange(nids.Except(_nidsByTarget[target]));
        if (lod?.Osts.FirstOrDefault(ost => ost.Options.TargetUuid == target)?.Import is { } import)
            import.AddConnections(nids);
        return Errno.OK;
    }

    Errno AddOst(ConfigCommand command)
    {
        if (command.Text(1) is not { } target || !_nidsByTarget.TryGetValue(target, out List<Nid>? nids)
            || !uint.TryParse(command.Text(2), NumberStyles.None, CultureInfo.InvariantCulture, out uint index))
            return Errno.EINVAL;
        return lod!.AddOst(index, nids);
    }
}
