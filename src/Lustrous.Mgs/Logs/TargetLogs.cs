using Lustrous.Idl.Config;
using Lustrous.Obdclass.Config;

namespace Lustrous.Mgs.Logs;

/// <summary>Writes the logs of a target that registers for the first time, and tells those who will use it. Used under
/// the MGS's lock.</summary>
/// <remarks>Source: mgs_write_log_mdt and mgs_write_log_ost, lustre/mgs/mgs_llog.c.</remarks>
sealed class TargetLogs(ConfigLogSet logs, FsDb fs)
{
    Errno _error;

    /// <summary>An MDT: its own log with all OSTs and other MDTs, then the clients' and the other MDTs'.</summary>
    public Errno WriteMdt(ConfigTarget target, bool failout)
    {
        _error = Errno.OK;
        string lov = ConfigItems.MdtLov(target.Name);
        if (logs.IsEmpty(target.Name))
            Append(target.Name, ConfigItems.LovSetup(lov));
        Append(target.Name, ConfigItems.AddMdt(target.Name, target.Index, lov, failout));
        StartClientLog();
        CopyUsedTargets(target);
        // A client that knew the MDT by an earlier item forgets that one.
        MarkSkipped(fs.ClientLog, target.Name, "add mdc");
        Append(fs.ClientLog, ConfigItems.AddMdc(target, fs.ClientLmv));
        foreach (uint index in fs.MdtIndexes)
        {
            string other = fs.MdtName(index);
            if (index == target.Index || logs.IsEmpty(other))
                continue;
            MarkSkipped(other, target.Name, "add osp");
            Append(other, ConfigItems.AddOsp(target, other));
        }
        return _error;
    }

    /// <summary>An OST: its own log, then those of all MDTs and of the clients. EALREADY when it has a log.</summary>
    /// <param name="target">Which.</param>
    /// <param name="failout">Its mode.</param>
    /// <param name="toUsers">Whether they do not know it yet: live clients must not be told twice.</param>
    public Errno WriteOst(ConfigTarget target, bool failout, bool toUsers)
    {
        if (!logs.IsEmpty(target.Name))
            return Errno.EALREADY;
        _error = Errno.OK;
        Append(target.Name, ConfigItems.AddOst(target.Name, target.Uuid, failout));
        if (!toUsers)
            return _error;
        foreach (uint index in fs.MdtIndexes)
        {
            string mdt = fs.MdtName(index);
            if (!logs.IsEmpty(mdt))
                Append(mdt, ConfigItems.AddOsc(target, ConfigItems.MdtLov(mdt), $"-MDT{index:x4}"));
        }
        StartClientLog();
        Append(fs.ClientLog, ConfigItems.AddOsc(target, fs.ClientLov, ""));
        return _error;
    }

    void StartClientLog()
    {
        if (!logs.IsEmpty(fs.ClientLog))
            return;
        Append(fs.ClientLog, ConfigItems.LovSetup(fs.ClientLov));
        Append(fs.ClientLog, ConfigItems.LmvSetup(fs.ClientLmv));
        Append(fs.ClientLog, ConfigItems.MountOptions(fs.ClientLog, fs.ClientLov, fs.ClientLmv));
    }

    /// <summary>A new MDT learns of the targets that registered before it from what the clients were told
    /// (mgs_steal_osp_rec_from_client).</summary>
    void CopyUsedTargets(ConfigTarget mdt)
    {
        if (logs.Find(fs.ClientLog) is not { } clientLog)
            return;
        Result<List<(uint Index, ConfigCommand Command)>> all = clientLog.ReadAll();
        if (all.Failed)
        {
            _error = all.Error;
            return;
        }
        CfgMarker open = default;
        var commands = new List<ConfigCommand>();
        foreach ((_, ConfigCommand command) in all.Value)
        {
            if (command.Command != LcfgCommand.MARKER)
            {
                commands.Add(command);
                continue;
            }
            if (!ConfigLog.TryGetMarker(command, out CfgMarker marker))
                continue;
            if ((marker.Flags & MarkerFlags.START) != 0)
                open = marker;
            else if ((open.Flags & MarkerFlags.SKIP) == 0)
                CopyItem(mdt, open, commands);
            commands.Clear();
        }
    }

    void CopyItem(ConfigTarget mdt, in CfgMarker marker, List<ConfigCommand> commands)
    {
        string target = marker.TargetName.ToString(), comment = marker.Comment.ToString();
        if (comment is not ("add osc" or "add mdc" or "add failnid") || target == mdt.Name)
            return;
        bool isMdt = target.Contains("-MDT", StringComparison.Ordinal);
        string suffix = mdt.Name[(mdt.Name.LastIndexOf('-') + 1)..];
        string device = target + (isMdt ? "-osp-" : "-osc-") + suffix;
        string lov = ConfigItems.MdtLov(mdt.Name);
        var copied = new List<ConfigCommand>();
        foreach (ConfigCommand command in commands)
        {
            switch (command.Command)
            {
                case LcfgCommand.ADD_UUID:
                    copied.Add(command);
                    break;
                case LcfgCommand.ATTACH:
                    copied.Add(command.With(0, device).With(1, isMdt ? "osp" : "osc")
                        .With(2, ConfigItems.UuidOf(lov)));
                    break;
                case LcfgCommand.SETUP or LcfgCommand.ADD_CONN:
                    copied.Add(command.With(0, device));
                    break;
                case LcfgCommand.ADD_MDC or LcfgCommand.LOV_ADD_OBD:
                    copied.Add(command.With(0, lov));
                    break;
                default:
                    break;
            }
        }
        Append(mdt.Name, new ConfigItem(target, comment == "add mdc" ? "add osp" : comment, copied));
    }

    void Append(string log, ConfigItem item)
    {
        if (_error == Errno.OK)
            _error = logs.Append(log, item, fs);
    }

    void MarkSkipped(string log, string target, string comment)
    {
        if (_error == Errno.OK)
            _error = logs.Mark(log, target, comment, MarkerFlags.SKIP).Error;
    }
}
