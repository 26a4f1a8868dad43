using Lustrous.Idl.Fids;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>Gives an object one more name (<c>struct mdt_rec_link</c>).</summary>
[WireStruct("mdt_rec_link", size: 136, Prefix = "lk_")]
public partial record struct MdtRecLink
{
    public ReintOp Opcode;
    [WireName("lk_cap")] public uint Capability;
    [WireName("lk_fsuid")] public uint FsUid;   // who asks
    public uint Padding1H;
    [WireName("lk_fsgid")] public uint FsGid;
    public uint Padding2H;
    [WireName("lk_suppgid1")] public uint SupplementaryGid1;
    public uint Padding3H;
    [WireName("lk_suppgid2")] public uint SupplementaryGid2;
    public uint Padding4H;
    public Fid Fid1;                    // the object
    public Fid Fid2;                    // the directory
    public long Time;                   // seconds
    public ulong Padding1;
    public ulong Padding2;
    public ulong Padding3;
    public ulong Padding4;
    public MdsOpBias Bias;
    public uint Padding5;
    public uint Padding6;
    public uint Padding7;
    public uint Padding8;
    public uint Padding9;
}
