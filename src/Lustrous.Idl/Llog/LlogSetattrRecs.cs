using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Llog;

/// <summary>Owner of an OST object to change (<c>struct llog_setattr64_rec</c>).</summary>
[WireStruct("llog_setattr64_rec", size: 64, Prefix = "lsr_")]
public partial record struct LlogSetattr64Rec
{
    [WireName("lsr_hdr")] public LlogRecHdr Header;
    [WireName("lsr_oi")] public OstId ObjectId;
    public uint Uid;
    [WireName("lsr_uid_h")] public uint UidHigh;
    public uint Gid;
    [WireName("lsr_gid_h")] public uint GidHigh;
    public MdtValid Valid;
    public LlogRecTail Tail;
}

/// <summary>The same with project and layout version (<c>struct llog_setattr64_rec_v2</c>).</summary>
[WireStruct("llog_setattr64_rec_v2", size: 88, Prefix = "lsr_")]
public partial record struct LlogSetattr64RecV2
{
    [WireName("lsr_hdr")] public LlogRecHdr Header;
    [WireName("lsr_oi")] public OstId ObjectId;
    public uint Uid;
    [WireName("lsr_uid_h")] public uint UidHigh;
    public uint Gid;
    [WireName("lsr_gid_h")] public uint GidHigh;
    public MdtValid Valid;
    [WireName("lsr_projid")] public uint ProjectId;
    public uint LayoutVersion;
    public ulong Padding2;
    public ulong Padding3;
    public LlogRecTail Tail;
}
