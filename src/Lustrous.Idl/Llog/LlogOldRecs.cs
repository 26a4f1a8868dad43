using Lustrous.Idl.Fids;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Llog;

/// <summary>A size that the MDT had to learn, of Lustre 1.8 (<c>struct llog_size_change_rec</c>).</summary>
[WireStruct("llog_size_change_rec", size: 64, Prefix = "lsc_")]
public partial record struct LlogSizeChangeRec
{
    [WireName("lsc_hdr")] public LlogRecHdr Header;
    public LlFid Fid;
    [WireName("lsc_ioepoch")] public uint IoEpoch;
    public uint Padding1;
    public ulong Padding2;
    public ulong Padding3;
    public LlogRecTail Tail;
}

/// <summary>A generation of a llog connection, of Lustre 1.8 (<c>struct llog_gen</c>).</summary>
[WireStruct("llog_gen", size: 16)]
public partial record struct LlogGen
{
    [WireName("mnt_cnt")] public ulong MountCount;
    [WireName("conn_cnt")] public ulong ConnectionCount;
}

/// <summary>The generation in a llog (<c>struct llog_gen_rec</c>).</summary>
[WireStruct("llog_gen_rec", size: 64, Prefix = "lgr_")]
public partial record struct LlogGenRec
{
    [WireName("lgr_hdr")] public LlogRecHdr Header;
    [WireName("lgr_gen")] public LlogGen Generation;
    [WireName("padding1")] public ulong Padding1;
    [WireName("padding2")] public ulong Padding2;
    [WireName("padding3")] public ulong Padding3;
    public LlogRecTail Tail;
}

/// <summary>Connected an OST to the MDT's llog, in Lustre 1.8 (<c>struct llogd_conn_body</c>).</summary>
[WireStruct("llogd_conn_body", size: 40, Prefix = "lgdc_")]
public partial record struct LlogdConnBody
{
    [WireName("lgdc_gen")] public LlogGen Generation;
    [WireName("lgdc_logid")] public LlogLogid LogId;
    [WireName("lgdc_ctxt_idx")] public uint ContextIndex;
}
