using System.Runtime.InteropServices;
using Lustrous.Idl.Config;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Llog;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Idl.Wire;
using Lustrous.Obdclass.Config;
using Lustrous.Obdclass.Llog;

namespace Lustrous.Mgs.Logs;

/// <summary>One configuration log: items are added at its end, or marked as no longer valid.</summary>
sealed class ConfigLogFile
{
    const string LogUser = "config_uuid";

    ConfigLogFile(string name, ulong number, LlogHandle log)
    {
        Name = name;
        Log = log;
        Id = new LlogLogid { ObjectId = OstId.FromIdAndSequence(number, FidSeq.LLOG_NAME) };
    }

    /// <summary><c>lustre-client</c></summary>
    public string Name { get; }

    public LlogLogid Id { get; }

    public LlogHandle Log { get; }

    /// <summary>Has no record yet.</summary>
    public bool IsEmpty => Log.LastIndex == 0;

    /// <summary>Opens the log in a storage, or starts one where it is empty.</summary>
    public static Result<ConfigLogFile> Open(string name, ulong number, ILlogStorage storage, long unixSeconds)
    {
        Result<LlogHandle> opened = LlogHandle.Open(storage);
        if (opened.Error == Errno.ENODATA)
        {
            ObdUuid.TryFrom(LogUser, out ObdUuid user);
            return new ConfigLogFile(name, number, LlogHandle.Create(storage, user, unixSeconds));
        }
        return opened.Failed ? opened.Error : new ConfigLogFile(name, number, opened.Value);
    }

    /// <summary>Adds an item between its markers.</summary>
    public Errno Append(ConfigItem item, uint step, long unixSeconds)
    {
        if (!Text64.TryFrom(item.Target, out Text64 target) || !Text64.TryFrom(item.Comment, out Text64 comment))
            return Errno.E2BIG;
        var marker = new CfgMarker
        {
            Step = step,
            Flags = MarkerFlags.START,
            Version = LustreVersion.Code,
            CreateTime = unixSeconds,
            TargetName = target,
            Comment = comment,
        };
        Errno error = Write(Marker(marker));
        foreach (ConfigCommand command in item.Commands)
        {
            if (error == Errno.OK)
                error = Write(command);
        }
        return error == Errno.OK ? Write(Marker(marker with { Flags = MarkerFlags.END })) : error;
    }

    /// <summary>Every command with its record's index; also what is outside of items, or in skipped ones.</summary>
    public Result<List<(uint Index, ConfigCommand Command)>> ReadAll()
    {
        var all = new List<(uint, ConfigCommand)>();
        Errno error = Log.Process((in LlogRecord record) =>
        {
            if (record.Type != LlogRecordType.OBD_CFG_REC)
                return Errno.EPROTO;
            Result<ConfigCommand> command = ConfigCommand.Parse(record.Body);
            if (command.Failed)
                return command.Error;
            all.Add((record.Index, command.Value));
            return Errno.OK;
        });
        return error == Errno.OK ? all : error;
    }

    /// <summary>Sets flags on the markers of the items of a target and comment that are not skipped yet.</summary>
    /// <param name="flags">SKIP or EXCLUDE; none takes EXCLUDE away again.</param>
    /// <param name="unixSeconds">When that happened.</param>
    /// <returns>How many markers were changed.</returns>
    public Result<int> Mark(string target, string comment, MarkerFlags flags, long unixSeconds)
    {
        Result<List<(uint Index, ConfigCommand Command)>> all = ReadAll();
        if (all.Failed)
            return all.Error;
        int changed = 0;
        foreach ((uint index, ConfigCommand command) in all.Value)
        {
            if (!IsMarker(command, target, comment, out CfgMarker marker))
                continue;
            if (Remark(index, marker, flags, unixSeconds) is var error and not Errno.OK)
                return error;
            changed++;
        }
        return changed;
    }

    public Errno Remark(uint index, CfgMarker marker, MarkerFlags flags, long unixSeconds)
    {
        marker.Flags = marker.Flags & ~MarkerFlags.EXCLUDE | flags;
        marker.CancelTime = flags == 0 ? 0 : unixSeconds;
        return Log.Rewrite(index, LlogRecordType.OBD_CFG_REC, Marker(marker).ToArray());
    }

    /// <summary>A marker of such an item that still counts.</summary>
    public static bool IsMarker(ConfigCommand command, string target, string comment, out CfgMarker marker)
    {
        marker = default;
        return command.Command == LcfgCommand.MARKER && ConfigLog.TryGetMarker(command, out marker)
            && (marker.Flags & MarkerFlags.SKIP) == 0
            && marker.TargetName.ToString() == target && marker.Comment.ToString() == comment;
    }

    Errno Write(ConfigCommand command) =>
        Log.Append(LlogRecordType.OBD_CFG_REC, command.ToArray()).Error;

    /// <summary>Without a device: the MGS leaves buffer 0 of a marker empty.</summary>
    static ConfigCommand Marker(CfgMarker marker) => new(
        LcfgCommand.MARKER, [], MemoryMarshal.AsBytes(new ReadOnlySpan<CfgMarker>(in marker)).ToArray());
}
