using Lustrous.Idl.Config;
using Lustrous.Idl.LNet;
using Lustrous.Obdclass.Devices;

namespace Lustrous.Obdclass.Config;

/// <summary>A mount's profile: which devices a client, or an MDT, works through.</summary>
public sealed record ConfigProfile(string Lov, string Lmv);

/// <summary>Carries out configuration commands on the devices of a node (<c>class_process_config</c>).</summary>
/// <remarks>Source: class_process_config, lustre/obdclass/obd_config.c.</remarks>
public sealed class ConfigProcessor(ObdDeviceTable devices, UuidTable uuids)
{
    readonly RankedLock _lock = new(72, "profile_list_lock");
    readonly Dictionary<string, ConfigProfile> _profiles = new(StringComparer.Ordinal); // guarded by _lock

    public ConfigProfile? Profile(string name)
    {
        using (_lock.Enter())
            return _profiles.GetValueOrDefault(name);
    }

    /// <summary>Carries one command out; EINVAL when it lacks a buffer or names no device.</summary>
    public ValueTask<Errno> ProcessAsync(ConfigCommand command, CancellationToken cancel) => command.Command switch
    {
        LcfgCommand.MARKER => ValueTask.FromResult(Errno.OK),
        LcfgCommand.ATTACH => ValueTask.FromResult(Attach(command)),
        LcfgCommand.ADD_UUID => ValueTask.FromResult(AddUuid(command)),
        LcfgCommand.DEL_UUID => ValueTask.FromResult(uuids.Remove(command.Text(1))),
        LcfgCommand.MOUNTOPT => ValueTask.FromResult(AddProfile(command)),
        LcfgCommand.DEL_MOUNTOPT => ValueTask.FromResult(RemoveProfile(command)),
        _ => ProcessForDeviceAsync(command, cancel),
    };

    async ValueTask<Errno> ProcessForDeviceAsync(ConfigCommand command, CancellationToken cancel)
    {
        if (command.Text(0) is not { } name || devices.Find(name) is not { } device)
            return Errno.EINVAL;
        switch (command.Command)
        {
            case LcfgCommand.SETUP:
                return await devices.SetupAsync(device, command, cancel);
            case LcfgCommand.CLEANUP:
                return await devices.CleanupAsync(device, cancel);
            case LcfgCommand.DETACH:
                return devices.Detach(device);
            case LcfgCommand.ADD_MDC:
                Errno error = await device.ProcessConfigAsync(command, cancel);
                return error == Errno.OK ? await AddMdcToLovAsync(command, name, cancel) : error;
            default:
                return await device.ProcessConfigAsync(command, cancel);
        }
    }

    /// <summary>A client's LOV learns of each MDT too: a file's first stripes may lie on one (Data-on-MDT).</summary>
    async ValueTask<Errno> AddMdcToLovAsync(ConfigCommand command, string name, CancellationToken cancel)
    {
        string lovName = name.Replace("clilmv", "clilov", StringComparison.Ordinal);
        if (lovName == name)
            return Errno.OK;
        return devices.Find(lovName) is { } lov
            ? await lov.ProcessConfigAsync(command.With(0, lovName), cancel)
            : Errno.ENOENT;
    }

    Errno Attach(ConfigCommand command) =>
        command.Text(0) is { } name && command.Text(1) is { } type
            ? devices.Attach(type, name, command.Text(2) ?? "").Error
            : Errno.EINVAL;

    Errno AddUuid(ConfigCommand command)
    {
        if (command.Text(1) is not { } uuid)
            return Errno.EINVAL;
        if (command.Nid != 0)
            return uuids.Add(uuid, Nid.FromNid4(command.Nid));
        Result<Nid> nid = Nid.Parse(command.Text(2) ?? "");
        return nid.Failed ? Errno.EINVAL : uuids.Add(uuid, nid.Value);
    }

    Errno AddProfile(ConfigCommand command)
    {
        if (command.Text(1) is not { } name || command.Text(2) is not { } lov)
            return Errno.EINVAL;
        using (_lock.Enter())
            return _profiles.TryAdd(name, new(lov, command.Text(3) ?? "")) ? Errno.OK : Errno.EEXIST;
    }

    Errno RemoveProfile(ConfigCommand command)
    {
        using (_lock.Enter())
            return _profiles.Remove(command.Text(1) ?? "") ? Errno.OK : Errno.ENOENT;
    }
}
