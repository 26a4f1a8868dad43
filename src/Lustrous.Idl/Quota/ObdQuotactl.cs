using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Quota;

/// <summary>lfs quota and setquota (<c>struct obd_quotactl</c>).</summary>
[WireStruct("obd_quotactl", size: 112, Prefix = "qc_")]
[WireTail("qc_poolname", typeof(byte))]
public partial record struct ObdQuotactl
{
    [WireName("qc_cmd")] public QuotactlCommand Command;
    public uint Type;
    public uint Id;
    public uint Stat;
    [WireName("qc_dqinfo")] public ObdDqInfo DqInfo;
    [WireName("qc_dqblk")] public ObdDqBlk DqBlk;
}

/// <summary>Grace times (<c>struct obd_dqinfo</c>).</summary>
[WireStruct("obd_dqinfo", size: 24, Prefix = "dqi_")]
public partial record struct ObdDqInfo
{
    [WireName("dqi_bgrace")] public ulong BlockGrace;   // seconds
    [WireName("dqi_igrace")] public ulong InodeGrace;
    public uint Flags;
    public uint Valid;
}

/// <summary>Limits and use of one id (<c>struct obd_dqblk</c>).</summary>
[WireStruct("obd_dqblk", size: 72, Prefix = "dqb_")]
public partial record struct ObdDqBlk
{
    [WireName("dqb_bhardlimit")] public ulong BlockHardLimit;   // KiB
    [WireName("dqb_bsoftlimit")] public ulong BlockSoftLimit;
    [WireName("dqb_curspace")] public ulong CurrentSpace;   // bytes
    [WireName("dqb_ihardlimit")] public ulong InodeHardLimit;
    [WireName("dqb_isoftlimit")] public ulong InodeSoftLimit;
    [WireName("dqb_curinodes")] public ulong CurrentInodes;
    [WireName("dqb_btime")] public ulong BlockTime; // seconds, when grace ends
    [WireName("dqb_itime")] public ulong InodeTime;
    public uint Valid;
    public uint Padding;
}
