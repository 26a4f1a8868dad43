using Lustrous.Idl.Fids;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>Moves a name (<c>struct mdt_rec_rename</c>).</summary>
[WireStruct("mdt_rec_rename", size: 136, Prefix = "rn_")]
public partial record struct MdtRecRename
{
    public ReintOp Opcode;
    [WireName("rn_cap")] public uint Capability;
    [WireName("rn_fsuid")] public uint FsUid;   // who asks
    public uint Padding1H;
    [WireName("rn_fsgid")] public uint FsGid;
    public uint Padding2H;
    [WireName("rn_suppgid1")] public uint SupplementaryGid1;
    public uint Padding3H;
    [WireName("rn_suppgid2")] public uint SupplementaryGid2;
    public uint Padding4H;
    public Fid Fid1;                    // the old directory
    public Fid Fid2;                    // the new directory
    public long Time;                   // seconds
    public ulong Padding1;
    public ulong Padding2;
    public ulong Padding3;
    public ulong Padding4;
    public MdsOpBias Bias;
    public uint Mode;
    public uint Padding5;
    public uint Padding6;
    public uint Padding7;
    public uint Padding8;
}
