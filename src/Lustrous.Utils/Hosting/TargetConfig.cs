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
    readonly Dictionary<string, IReadOnlyList<Nid>> _nidsByTarget = new(StringComparer.Ordinal);

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
                _nidsByTarget[command.Text(1) ?? ""] = _uuids.Find(node);
                return new(Errno.OK);
            case LcfgCommand.ADD_CONN or LcfgCommand.SETUP:
                return new(Errno.OK);
            case LcfgCommand.LOV_ADD_OBD when lod is not null:
                return new(AddOst(command));
            default:
                return device.ProcessConfigAsync(command, cancel);
        }
    }

    Errno AddOst(ConfigCommand command)
    {
        if (command.Text(1) is not { } target || !_nidsByTarget.TryGetValue(target, out IReadOnlyList<Nid>? nids)
            || !uint.TryParse(command.Text(2), NumberStyles.None, CultureInfo.InvariantCulture, out uint index))
            return Errno.EINVAL;
        return lod!.AddOst(index, nids);
    }
}
