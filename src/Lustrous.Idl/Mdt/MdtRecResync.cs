using Lustrous.Idl.Fids;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>Begins to bring stale mirrors up to date (<c>struct mdt_rec_resync</c>).</summary>
[WireStruct("mdt_rec_resync", size: 136, Prefix = "rs_")]
public partial record struct MdtRecResync
{
    public ReintOp Opcode;
    [WireName("rs_cap")] public uint Capability;
    [WireName("rs_fsuid")] public uint FsUid;   // who asks
    public uint Padding1H;
    [WireName("rs_fsgid")] public uint FsGid;
    public uint Padding2H;
    [WireName("rs_suppgid1")] public uint SupplementaryGid1;
    public uint Padding3H;
    [WireName("rs_suppgid2")] public uint SupplementaryGid2;
    public uint Padding4H;
    public Fid Fid;
    public Array16<byte> Padding0;
    public LustreHandle LeaseHandle;    // the client's write lease
    public long Padding1;
    public long Padding2;
    public ulong Padding3;
    public ulong Padding4;
    public MdsOpBias Bias;
    public uint Padding5;
    public uint Padding6;
    public uint Padding7;
    public uint MirrorIdNew;
    public ushort MirrorIdOld;
    public ushort Padding9;
}
