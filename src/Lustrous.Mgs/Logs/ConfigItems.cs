using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Lustrous.Idl.Config;
using Lustrous.Idl.Layout;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Obdclass.Config;

namespace Lustrous.Mgs.Logs;

/// <summary>The items a configuration log is made of, command by command as Lustre's MGS writes them.</summary>
/// <remarks>Source: mgs_write_log_lov and its neighbours, lustre/mgs/mgs_llog.c.</remarks>
static class ConfigItems
{
    // Defaults that a client without other orders stripes by (LOV_DESC_*).
    const ulong DefaultStripeSize = 4 << 20;
    const uint QosMaxAgeSeconds = 5;

    /// <summary>First in the logs of clients and MDTs: the layer that stripes.</summary>
    public static ConfigItem LovSetup(string lov) => new(lov, "lov setup",
    [
        ConfigCommand.Create(LcfgCommand.ATTACH, lov, "lov", UuidOf(lov)),
        SetupWith(lov, new LovDesc
        {
            ActiveTargetCount = LovConst.DESC_MAGIC,    // ld_magic and ld_active_tgt_count share a place
            DefaultStripeCount = 1,
            Pattern = LovPattern.RAID0,
            DefaultStripeSize = DefaultStripeSize,
            DefaultStripeOffset = -1,
            QosMaxAge = QosMaxAgeSeconds,
            Uuid = ToUuid(UuidOf(lov)),
        }),
    ]);

    public static ConfigItem LmvSetup(string lmv) => new(lmv, "lmv setup",
    [
        ConfigCommand.Create(LcfgCommand.ATTACH, lmv, "lmv", UuidOf(lmv)),
        SetupWith(lmv, new LmvDesc { Uuid = ToUuid(UuidOf(lmv)) }),
    ]);

    public static ConfigItem MountOptions(string profile, string lov, string lmv) => new(profile, "mount opts",
    [
        ConfigCommand.Create(LcfgCommand.MOUNTOPT, null, profile, lov, lmv),
    ]);

    /// <summary>An MDT in its own log.</summary>
    public static ConfigItem AddMdt(string name, uint index, string lov, bool failout) => new(name, "add mdt",
    [
        ConfigCommand.Create(LcfgCommand.ATTACH, name, "mdt", UuidOf(name)),
        ConfigCommand.Create(LcfgCommand.MOUNTOPT, null, name, lov),
        ConfigCommand.Create(LcfgCommand.SETUP, name, UuidOf(name), Text(index), lov, failout ? "n" : "f"),
    ]);

    /// <summary>An OST in its own log.</summary>
    public static ConfigItem AddOst(string name, string uuid, bool failout) => new(name, "add ost",
    [
        ConfigCommand.Create(LcfgCommand.ATTACH, name, "obdfilter", uuid),
        ConfigCommand.Create(LcfgCommand.SETUP, name, "dev", "type", failout ? "n" : "f"),
    ]);

    /// <summary>An OST in the log of somebody who uses it.</summary>
    /// <param name="target">Which OST, and where it is.</param>
    /// <param name="lov">The layer it becomes part of.</param>
    /// <param name="suffix">Of the device's name: <c>-MDT0000</c> in an MDT's log.</param>
    public static ConfigItem AddOsc(ConfigTarget target, string lov, string suffix)
    {
        string osc = target.Name + "-osc" + suffix;
        return new(target.Name, "add osc",
        [
            .. Connection(target, osc, "osc", UuidOf(lov)),
            ConfigCommand.Create(LcfgCommand.LOV_ADD_OBD, lov, target.Uuid, Text(target.Index), "1"),
        ]);
    }

    /// <summary>An MDT in the clients' log.</summary>
    public static ConfigItem AddMdc(ConfigTarget target, string lmv)
    {
        string mdc = target.Name + "-mdc";
        return new(target.Name, "add mdc",
        [
            .. Connection(target, mdc, "mdc", UuidOf(lmv)),
            ConfigCommand.Create(LcfgCommand.ADD_MDC, lmv, target.Uuid, Text(target.Index), "1", UuidOf(mdc)),
        ]);
    }

    /// <summary>An MDT in the log of another MDT.</summary>
    /// <param name="target">The MDT that is used.</param>
    /// <param name="user">The MDT whose log it is: <c>lustre-MDT0000</c>.</param>
    public static ConfigItem AddOsp(ConfigTarget target, string user)
    {
        string lov = MdtLov(user);
        string osp = $"{target.Name}-osp-{user[(user.LastIndexOf('-') + 1)..]}";
        return new(target.Name, "add osp",
        [
            .. Connection(target, osp, "osp", UuidOf(lov)),
            ConfigCommand.Create(LcfgCommand.ADD_MDC, lov, target.Uuid, Text(target.Index), "1"),
        ]);
    }

    /// <summary>A parameter of one device (conf_param), or of all nodes (set_param -P).</summary>
    public static ConfigItem Parameter(string device, string parameter, bool everywhere)
    {
        string name = parameter[..parameter.IndexOf('=', StringComparison.Ordinal)];
        ConfigCommand command = everywhere
            ? ConfigCommand.Create(LcfgCommand.SET_PARAM, device, parameter, "lctl")
            : ConfigCommand.Create(LcfgCommand.PARAM, device, parameter);
        return new(device, name, [command]);
    }

    /// <summary>What a client's device, or an MDT's, is connected by: all addresses, then the device.</summary>
    static IEnumerable<ConfigCommand> Connection(ConfigTarget target, string device, string type, string ownerUuid)
    {
        string node = target.Nids[0].ToString();
        foreach (Nid nid in target.Nids)
            yield return AddUuid(nid, node);
        yield return ConfigCommand.Create(LcfgCommand.ATTACH, device, type, ownerUuid);
        yield return ConfigCommand.Create(LcfgCommand.SETUP, device, target.Uuid, node);
        foreach (IReadOnlyList<Nid> failover in target.FailoverNodes)
        {
            string other = failover[0].ToString();
            foreach (Nid nid in failover)
                yield return AddUuid(nid, other);
            yield return ConfigCommand.Create(LcfgCommand.ADD_CONN, device, other);
        }
    }

    /// <summary>Small NIDs stand in the command's header, others as text.</summary>
    static ConfigCommand AddUuid(Nid nid, string node) => nid.IsNid4
        ? new ConfigCommand(LcfgCommand.ADD_UUID, [], Encode(node)) { Nid = nid.ToNid4() }
        : ConfigCommand.Create(LcfgCommand.ADD_UUID, null, node, nid.ToString());

    public static string MdtLov(string mdt) => mdt + "-mdtlov";

    public static string UuidOf(string name) => name + "_UUID";

    static ConfigCommand SetupWith<T>(string device, T description) where T : unmanaged =>
        new(LcfgCommand.SETUP, Encode(device),
            MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in description)).ToArray());

    static byte[] Encode(string text) => [.. Encoding.UTF8.GetBytes(text), 0];

    static string Text(uint number) => number.ToString(CultureInfo.InvariantCulture);

    static ObdUuid ToUuid(string text)
    {
        Lassert.That(ObdUuid.TryFrom(text, out ObdUuid uuid));
        return uuid;
    }
}
