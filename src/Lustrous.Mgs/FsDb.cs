using Lustrous.Idl.Config;
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
        foreach ((_, ConfigCommand command) in all.Value)
        {
            switch (command.Command)
            {
                case LcfgCommand.MARKER when ConfigLog.TryGetMarker(command, out CfgMarker marker):
                    Generation = Math.Max(Generation, marker.Step);
                    break;
                case LcfgCommand.LOV_ADD_OBD when uint.TryParse(command.Text(2), out uint ost) && ost < MaxIndex:
                    OstIndexes.Add(ost);
                    break;
                case LcfgCommand.ADD_MDC when uint.TryParse(command.Text(2), out uint mdt) && mdt < MaxIndex:
                    MdtIndexes.Add(mdt);
                    break;
                default:
                    break;
            }
        }
        return Errno.OK;
    }

    public string MdtName(uint index) => $"{Name}-MDT{index:x4}";

    public string OstName(uint index) => $"{Name}-OST{index:x4}";
}
