using Lustrous.Idl.Config;
using Lustrous.Idl.LNet;
using Lustrous.Mgs.Logs;
using Lustrous.Obdclass.Config;

namespace Lustrous.Mgs;

/// <summary>What the MGS knows of one file system (<c>struct fs_db</c>): which targets have registered, and where they
/// are now. Used under the MGS's lock.</summary>
sealed class FsDb(string name)
{
    /// <summary>Largest index of a target, and the number that means none (<c>INDEX_MAP_SIZE * 8 - 1</c>).</summary>
    public const uint MaxIndex = 0xffff;

    public string Name { get; } = name;

    public string ClientLog => Name + "-client";

    public string ClientLov => Name + "-clilov";

    public string ClientLmv => Name + "-clilmv";

    /// <summary>Number of the last item that was written to any of its logs (<c>fsdb_gen</c>).</summary>
    public uint Generation { get; set; } = 1;

    public SortedSet<uint> MdtIndexes { get; } = [];

    public SortedSet<uint> OstIndexes { get; } = [];

    /// <summary>Targets as they registered the first time; only those whose item the log still has.</summary>
    public Dictionary<(bool IsMdt, uint Index), RegisteredTarget> Registered { get; } = [];

    /// <summary>Clients are not told of targets that have restarted (<c>IR_DISABLED</c>).</summary>
    public bool IsRecoveryDisabled { get; set; }

    public NotifyTimes Notified { get; } = new();

    /// <summary>Where the targets are now.</summary>
    public NidTable Nids { get; } = new();

    /// <summary>Nothing has registered yet.</summary>
    public bool IsEmpty => MdtIndexes.Count + OstIndexes.Count == 0;

    /// <summary>Learns from the clients' log which targets there are (mgs_fsdb_handler).</summary>
    public Errno ReadFrom(ConfigLogFile clientLog)
    {
        Result<List<(uint Index, ConfigCommand Command)>> all = clientLog.ReadAll();
        if (all.Failed)
            return all.Error;
        var nodes = new Dictionary<string, List<Nid>>(StringComparer.Ordinal);      // of one item
        string? uuid = null, node = null;
        foreach ((_, ConfigCommand command) in all.Value)
        {
            switch (command.Command)
            {
                case LcfgCommand.MARKER when ConfigLog.TryGetMarker(command, out CfgMarker marker):
                    Generation = Math.Max(Generation, marker.Step);
                    nodes.Clear();
                    (uuid, node) = (null, null);
                    break;
                case LcfgCommand.ADD_UUID when command.Text(1) is { } name && TryGetNid(command, out Nid nid):
                    if (!nodes.TryGetValue(name, out List<Nid>? nids))
                        nodes.Add(name, nids = []);
                    nids.Add(nid);
                    break;
                case LcfgCommand.SETUP:
                    (uuid, node) = (command.Text(1), command.Text(2));
                    break;
                case LcfgCommand.LOV_ADD_OBD when uint.TryParse(command.Text(2), out uint ost) && ost < MaxIndex:
                    OstIndexes.Add(ost);
                    Remember(false, ost);
                    break;
                case LcfgCommand.ADD_MDC when uint.TryParse(command.Text(2), out uint mdt) && mdt < MaxIndex:
                    MdtIndexes.Add(mdt);
                    Remember(true, mdt);
                    break;
                default:
                    break;
            }
        }
        return Errno.OK;

        void Remember(bool isMdt, uint index)
        {
            if (uuid is not null && node is not null && nodes.TryGetValue(node, out List<Nid>? nids))
                Registered[(isMdt, index)] = new RegisteredTarget(uuid, [.. nids]);
        }
    }

    /// <summary>A small NID stands in the command's header, another as text.</summary>
    static bool TryGetNid(ConfigCommand command, out Nid nid)
    {
        nid = command.Nid != 0 ? Nid.FromNid4(command.Nid) : default;
        if (command.Nid != 0)
            return true;
        Result<Nid> parsed = Nid.Parse(command.Text(2) ?? "");
        nid = parsed.Failed ? default : parsed.Value;
        return !parsed.Failed;
    }

    public string MdtName(uint index) => $"{Name}-MDT{index:x4}";

    public string OstName(uint index) => $"{Name}-OST{index:x4}";
}
