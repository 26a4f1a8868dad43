using System.Globalization;
using Lustrous.Idl.Config;
using Lustrous.Obdclass.Config;

namespace Lustrous.Mgs.Logs;

/// <summary>Writes parameters that stay: into the logs of those they are for. Used under the MGS's lock.</summary>
/// <remarks>Source: mgs_write_log_param, mgs_write_log_sys and mgs_modify_param, lustre/mgs/mgs_llog.c.</remarks>
sealed class ParameterLogs(ConfigLogSet logs, FsDb fs)
{
    static readonly string[] s_numericSys = ["at_min", "at_max", "at_extra", "at_early_margin", "at_history"];

    /// <summary>Parameters of a mount or a format, which no log holds.</summary>
    public static bool IsForMount(string parameter) =>
        parameter.StartsWith("mgsnode=", StringComparison.Ordinal)
        || parameter.StartsWith("network=", StringComparison.Ordinal)
        || parameter.StartsWith("failover.", StringComparison.Ordinal);

    /// <summary><c>conf_param</c>: the first component says whose it is: a target or a file system.</summary>
    /// <param name="logs">All logs.</param>
    /// <param name="find">A file system with targets, by name.</param>
    /// <param name="parameter"><c>lustre-OST0000.osc.active=0</c></param>
    /// <param name="fsName">Whose logs have changed; empty for none.</param>
    public static Errno SetConfParam(ConfigLogSet logs, Func<string, FsDb?> find, string parameter, out string fsName)
    {
        fsName = "";
        int dot = parameter.AsSpan().IndexOfAny('.', '=');
        if (dot <= 0 || parameter[dot] == '=')
            return Errno.EINVAL;
        string device = parameter[..dot], rest = parameter[(dot + 1)..];
        bool isTarget = TryParseTarget(device, out string name, out bool isMdt, out uint index);
        if (find(isTarget ? name : FsOf(device, find)) is not { } fs)
            return Errno.EINVAL;
        fsName = fs.Name;
        var writer = new ParameterLogs(logs, fs);
        return isTarget
            ? writer.SetOfTarget(isMdt ? fs.MdtName(index) : fs.OstName(index), isMdt, rest)
            : writer.SetOfFileSystem(rest);
    }

    /// <summary><c>set_param -P</c>: one record in the log that every node reads.</summary>
    public Errno SetEverywhere(string parameter, IEnumerable<string> fileSystems)
    {
        string normalized = parameter.Replace('/', '.');
        int equals = normalized.IndexOf('=', StringComparison.Ordinal);
        if (equals == 0)
            return Errno.EINVAL;
        // The marker names the file system that the parameter speaks of, if it does.
        string device = fileSystems.FirstOrDefault(
            name => name != MgsTarget.ParamsLog && normalized.Contains(name, StringComparison.Ordinal)) ?? "general";
        return Write(MgsTarget.ParamsLog, device, normalized, everywhere: true);
    }

    /// <summary>A parameter of one target, given with it or by conf_param.</summary>
    public Errno SetOfTarget(string target, bool isMdt, string parameter)
    {
        string kind = parameter.Split('.')[0];
        switch (kind)
        {
            case "osc" when !isMdt:
            case "mdc" when isMdt:
                return SetOfClients(target, isMdt, parameter);
            case "lov" when isMdt:
                Errno error = Write(target, ConfigItems.MdtLov(target), parameter);
                return error == Errno.OK ? Write(fs.ClientLog, fs.ClientLov, parameter) : error;
            case "mdt" when isMdt:
            case "mdd" when isMdt:
            case "lod" when isMdt:
            case "ost" when !isMdt:
            case "obdfilter" when !isMdt:
            case "osd":
                return logs.IsEmpty(target) ? Errno.ENODEV : Write(target, target, parameter);
            case "failover":
                return Errno.EPERM;
            default:
                return Errno.EINVAL;
        }
    }

    /// <summary>A parameter of all clients, all MDTs, or of everybody.</summary>
    public Errno SetOfFileSystem(string parameter)
    {
        string[] parts = parameter.Split('.', 2);
        switch (parts[0])
        {
            case "llite":
                if (parts.Length > 1 && (parts[1].StartsWith("root_squash", StringComparison.Ordinal)
                        || parts[1].StartsWith("nosquash_nids", StringComparison.Ordinal)))
                    return Errno.EINVAL;
                return Write(fs.ClientLog, fs.ClientLog, parameter);
            case "sys" when parts.Length > 1:
                return SetOfAll(parts[1]);
            case "mdt":
            case "lod":
            case "mdd":
                foreach (uint index in fs.MdtIndexes)
                {
                    string mdt = fs.MdtName(index);
                    if (!logs.IsEmpty(mdt) && Write(mdt, mdt, parameter) is var error and not Errno.OK)
                        return error;
                }
                return Errno.OK;
            default:
                return Errno.EINVAL;
        }
    }

    /// <summary>How clients, and for an OST the MDTs, treat one target.</summary>
    Errno SetOfClients(string target, bool isMdt, string parameter)
    {
        bool activates = parameter.StartsWith("osc.active=", StringComparison.Ordinal)
            || parameter.StartsWith("mdc.active=", StringComparison.Ordinal);
        if (activates && Activate(target, isMdt, parameter) is var failed and not Errno.OK)
            return failed;
        Errno error = Write(fs.ClientLog, target + (isMdt ? "-mdc" : "-osc"), parameter);
        foreach (uint index in isMdt ? [] : fs.MdtIndexes)
        {
            string mdt = fs.MdtName(index);
            if (error == Errno.OK && !logs.IsEmpty(mdt))
                error = Write(mdt, $"{target}-osc-MDT{index:x4}", parameter);
        }
        return error;
    }

    /// <summary>A target that is switched off is not even set up by those who mount later.</summary>
    Errno Activate(string target, bool isMdt, string parameter)
    {
        if (isMdt && target.EndsWith("-MDT0000", StringComparison.Ordinal))
            return Errno.EPERM;
        bool off = parameter.EndsWith("=0", StringComparison.Ordinal) || parameter.EndsWith('=');
        MarkerFlags flags = off ? MarkerFlags.EXCLUDE : 0;
        Result<int> marked = logs.Mark(fs.ClientLog, target, isMdt ? "add mdc" : "add osc", flags);
        if (marked.Failed || marked.Value == 0)
            return marked.Failed ? marked.Error : Errno.ENOENT;
        foreach (uint index in fs.MdtIndexes)
        {
            if (logs.Mark(fs.MdtName(index), target, isMdt ? "add osp" : "add osc", flags).Error
                is var error and not Errno.OK)
                return error;
        }
        return Errno.OK;
    }

    /// <summary>Timeouts and the like, in every log of the file system (mgs_write_log_sys).</summary>
    Errno SetOfAll(string parameter)
    {
        int equals = parameter.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
            return Errno.EINVAL;
        string name = parameter[..equals], value = parameter[(equals + 1)..];
        LcfgCommand? command = name switch
        {
            "timeout" => LcfgCommand.SET_TIMEOUT,
            "ldlm_timeout" => LcfgCommand.SET_LDLM_TIMEOUT,
            "jobid_var" => LcfgCommand.PARAM,
            _ => s_numericSys.Contains(name) ? LcfgCommand.PARAM : null,
        };
        uint number = 0;
        bool isText = name == "jobid_var";
        if (command is null || !isText && value.Length > 0
            && !uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out number))
            return Errno.EINVAL;
        string full = "sys." + parameter, key = "sys." + name;
        List<string> all = [fs.ClientLog, .. fs.MdtIndexes.Select(fs.MdtName), .. fs.OstIndexes.Select(fs.OstName)];
        foreach (string log in all)
        {
            if (logs.IsEmpty(log))
                continue;
            Errno error = logs.Mark(log, fs.Name, key, MarkerFlags.SKIP).Error;
            if (error == Errno.OK && value.Length > 0)
            {
                ConfigCommand plain = isText
                    ? ConfigCommand.Create(command.Value, null, full, value)
                    : ConfigCommand.Create(command.Value, null, full);
                byte[][] buffers = [.. Enumerable.Range(0, plain.BufferCount).Select(i => plain.Buffer(i).ToArray())];
                var item = new ConfigItem(
                    fs.Name, key, [new ConfigCommand(command.Value, buffers) { Number = number }]);
                error = logs.Append(log, item, fs);
            }
            if (error != Errno.OK)
                return error;
        }
        return Errno.OK;
    }

    /// <summary>Replaces a parameter in one log; without a value it goes; ENOENT when there was none.</summary>
    Errno Write(string log, string device, string parameter, bool everywhere = false)
    {
        int equals = parameter.IndexOf('=', StringComparison.Ordinal);
        string name = equals < 0 ? parameter : parameter[..equals];
        bool removes = equals < 0 || equals == parameter.Length - 1;
        if (!removes && Has(log, device, name, parameter))
            return Errno.OK;
        Result<int> marked = logs.Mark(log, device, name, MarkerFlags.SKIP);
        if (marked.Failed)
            return marked.Error;
        if (removes)
            return marked.Value > 0 ? Errno.OK : Errno.ENOENT;
        return logs.Append(log, ConfigItems.Parameter(device, parameter, everywhere), fs);
    }

    /// <summary>Whether the log says so already.</summary>
    bool Has(string log, string device, string name, string parameter)
    {
        if (logs.Find(log) is not { } file || file.ReadAll() is not { Failed: false } all)
            return false;
        bool inside = false;
        foreach ((_, ConfigCommand command) in all.Value)
        {
            if (command.Command == LcfgCommand.MARKER)
            {
                inside = ConfigLogFile.IsMarker(command, device, name, out CfgMarker marker)
                    && (marker.Flags & MarkerFlags.START) != 0;
            }
            else if (inside && command.Text(1) == parameter)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary><c>lustre-OST0000</c>, also with <c>-osc</c> or <c>-mdc</c> behind it.</summary>
    static bool TryParseTarget(string device, out string fsName, out bool isMdt, out uint index)
    {
        (fsName, isMdt, index) = ("", false, 0);
        foreach (string kind in new[] { "-MDT", "-OST" })
        {
            int at = device.LastIndexOf(kind, StringComparison.Ordinal);
            if (at <= 0 || at + 8 > device.Length)
                continue;
            (fsName, isMdt) = (device[..at], kind == "-MDT");
            return uint.TryParse(
                device.AsSpan(at + 4, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out index);
        }
        return false;
    }

    /// <summary>A file system's name may itself have a dash: <c>lustre-client</c> is of <c>lustre</c>.</summary>
    static string FsOf(string device, Func<string, FsDb?> find)
    {
        int dash = device.LastIndexOf('-');
        return find(device) is null && dash > 0 ? device[..dash] : device;
    }
}
