using Lustrous.Idl.Fids;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>Removes a name (<c>struct mdt_rec_unlink</c>).</summary>
[WireStruct("mdt_rec_unlink", size: 136, Prefix = "ul_")]
public partial record struct MdtRecUnlink
{
    public ReintOp Opcode;
    [WireName("ul_cap")] public uint Capability;
    [WireName("ul_fsuid")] public uint FsUid;   // who asks
    public uint Padding1H;
    [WireName("ul_fsgid")] public uint FsGid;
    public uint Padding2H;
    [WireName("ul_suppgid1")] public uint SupplementaryGid1;
    public uint Padding3H;
    [WireName("ul_suppgid2")] public uint SupplementaryGid2;
    public uint Padding4H;
    public Fid Fid1;                    // the directory
    public Fid Fid2;                    // the object, if the client knows it
    public long Time;                   // seconds
    public ulong Padding2;
    public ulong Padding3;
    public ulong Padding4;
    public ulong Padding5;
    public MdsOpBias Bias;
    public uint Mode;
    public uint Padding6;
    public uint Padding7;
    public uint Padding8;
    public uint Padding9;
}
