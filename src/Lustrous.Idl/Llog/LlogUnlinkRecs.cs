using Lustrous.Idl.Fids;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Llog;

/// <summary>An OST object to destroy, in the form before 2.0 (<c>struct llog_unlink_rec</c>).</summary>
[WireStruct("llog_unlink_rec", size: 40, Prefix = "lur_")]
public partial record struct LlogUnlinkRec
{
    [WireName("lur_hdr")] public LlogRecHdr Header;
    [WireName("lur_oid")] public ulong ObjectId;
    [WireName("lur_oseq")] public uint Sequence;
    public uint Count;
    public LlogRecTail Tail;
}

/// <summary>OST objects to destroy (<c>struct llog_unlink64_rec</c>).</summary>
[WireStruct("llog_unlink64_rec", size: 64, Prefix = "lur_")]
public partial record struct LlogUnlink64Rec
{
    [WireName("lur_hdr")] public LlogRecHdr Header;
    public Fid Fid;
    public uint Count;                  // objects from this one on
    public uint Padding1;
    public ulong Padding2;
    public ulong Padding3;
    public LlogRecTail Tail;
}
