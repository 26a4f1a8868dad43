using System.Text;
using Lustrous.Idl.Config;
using Lustrous.Idl.LNet;

namespace Lustrous.Obdclass.Config;

/// <summary>A configuration command as <c>lctl llog_print</c> shows it: <c>- { index: 2, event: attach, device: …
/// }</c>.</summary>
/// <remarks>Source: class_config_yaml_output and its table of names, lustre/obdclass/obd_config.c.</remarks>
public static class ConfigLogText
{
    public static string Format(uint index, ConfigCommand command)
    {
        (string name, string[] labels) = Describe(command.Command);
        var text = new StringBuilder($"- {{ index: {index}, event: {name}");
        if (command.Flags != 0)
            text.Append($", flags: 0x{command.Flags:x6}");
        if (command.Number != 0)
            text.Append($", num: 0x{command.Number:x6}");
        if (command.Nid != 0)
            text.Append($", nid: {new Nid4(command.Nid)}(0x{command.Nid:x})");
        if (command.Text(0) is { } device)
            text.Append($", device: {device}");
        AppendBuffers(text, command, labels);
        return text.Append(" }").ToString();
    }

    static void AppendBuffers(StringBuilder text, ConfigCommand command, string[] labels)
    {
        if (command.Command == LcfgCommand.SET_PARAM && command.Text(1)?.Split('=', 2) is [var parameter, var value])
        {
            text.Append($", parameter: {parameter}, value: {value}");
            return;
        }
        if (command.Command == LcfgCommand.MARKER)
        {
            if (ConfigLog.TryGetMarker(command, out CfgMarker marker))
            {
                text.Append($", flags: 0x{(uint)marker.Flags:x2}, version: {Version(marker.Version)}")
                    .Append($", createtime: {marker.CreateTime}, canceltime: {marker.CancelTime}");
            }
            return;
        }
        for (int i = 1; i < command.BufferCount; i++)
        {
            if (command.Text(i) is { } buffer)
                text.Append($", {(i <= labels.Length ? labels[i - 1] : i.ToString())}: {Printable(buffer)}");
        }
    }

    /// <summary>Text as it is; the binary buffers (a lov_desc, say) as nothing.</summary>
    static string Printable(string text) => text.Any(char.IsControl) || text.Contains('\uFFFD') ? "" : text;

    static string Version(uint version) =>
        $"{version >> 24}.{(version >> 16) & 0xFF}.{(version >> 8) & 0xFF}.{version & 0xFF}";

    static (string Name, string[] Labels) Describe(LcfgCommand command) => command switch
    {
        LcfgCommand.ATTACH => ("attach", ["type", "UUID"]),
        LcfgCommand.DETACH => ("detach", []),
        LcfgCommand.SETUP => ("setup", ["UUID", "node", "options", "failout"]),
        LcfgCommand.CLEANUP => ("cleanup", []),
        LcfgCommand.ADD_UUID => ("add_uuid", ["node", "nid"]),
        LcfgCommand.DEL_UUID => ("del_uuid", []),
        LcfgCommand.MOUNTOPT => ("new_profile", ["name", "lov", "lmv"]),
        LcfgCommand.DEL_MOUNTOPT => ("del_mountopt", []),
        LcfgCommand.SET_TIMEOUT => ("set_timeout", ["parameter"]),
        LcfgCommand.SET_UPCALL => ("set_upcall", []),
        LcfgCommand.ADD_CONN => ("add_conn", ["node"]),
        LcfgCommand.DEL_CONN => ("del_conn", []),
        LcfgCommand.LOV_ADD_OBD => ("add_osc", ["ost", "index", "gen", "UUID"]),
        LcfgCommand.LOV_DEL_OBD => ("del_osc", []),
        LcfgCommand.PARAM => ("conf_param", ["parameter", "value"]),
        LcfgCommand.MARKER => ("marker", []),
        LcfgCommand.LOG_START => ("log_start", []),
        LcfgCommand.LOG_END => ("log_end", []),
        LcfgCommand.LOV_ADD_INA => ("add_osc_inactive", []),
        LcfgCommand.ADD_MDC => ("add_mdc", ["mdt", "index", "gen", "UUID"]),
        LcfgCommand.DEL_MDC => ("del_mdc", []),
        LcfgCommand.SPTLRPC_CONF => ("security", ["parameter"]),
        LcfgCommand.POOL_NEW => ("new_pool", ["fsname", "pool"]),
        LcfgCommand.POOL_ADD => ("add_pool", ["fsname", "pool", "ost"]),
        LcfgCommand.POOL_REM => ("remove_pool", ["fsname", "pool", "ost"]),
        LcfgCommand.POOL_DEL => ("del_pool", ["fsname", "pool"]),
        LcfgCommand.SET_LDLM_TIMEOUT => ("set_ldlm_timeout", ["parameter"]),
        LcfgCommand.SET_PARAM => ("set_param", ["parameter", "value"]),
        _ => ($"0x{(uint)command:x}", []),
    };
}
