using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Disk;

/// <summary>How far the scrub of a target's object index is (<c>struct scrub_file</c>).</summary>
[WireStruct("scrub_file", size: 400, Prefix = "sf_", Opaque = true)]
public partial record struct ScrubFile
{
    public Array16<byte> Uuid;          // of the volume
    public ulong Flags;
    public uint Magic;
    public ushort Status;
    public ushort Param;
    public long TimeLastComplete;
    public long TimeLatestStart;
    public long TimeLastCheckpoint;
    public ulong PosLatestStart;
    public ulong PosLastCheckpoint;
    public ulong PosFirstInconsistent;
    public ulong ItemsChecked;
    public ulong ItemsUpdated;
    public ulong ItemsFailed;
    public ulong ItemsUpdatedPrior;
    public ulong ItemsNoscrub;
    public ulong ItemsIgif;
    public uint RunTime;
    public uint SuccessCount;
    public ushort OiCount;
    public ushort InternalFlags;
    public uint Reserved1;
    public Array16<ulong> Reserved2;
    public Array128<byte> OiBitmap;
}
