using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Quota;

/// <summary>Value block of a quota lock (<c>struct lquota_lvb</c>).</summary>
[WireStruct("lquota_lvb", size: 40, Prefix = "lvb_")]
public partial record struct LquotaLvb
{
    public ulong Flags;
    [WireName("lvb_id_may_rel")] public ulong MayRelease;
    [WireName("lvb_id_rel")] public ulong Release;
    [WireName("lvb_id_qunit")] public ulong QuotaUnit;
    [WireName("lvb_pad1")] public ulong Padding1;
}

/// <summary>What an id uses (<c>struct lquota_acct_rec</c>).</summary>
[WireStruct("lquota_acct_rec", size: 16, Opaque = true)]
public partial record struct LquotaAcctRec
{
    [WireName("bspace")] public ulong BlockSpace;   // bytes
    [WireName("ispace")] public ulong InodeSpace;   // inodes
}

/// <summary>Limits of an id in the master's index (<c>struct lquota_glb_rec</c>).</summary>
[WireStruct("lquota_glb_rec", size: 32, Prefix = "qbr_", Opaque = true)]
public partial record struct LquotaGlbRec
{
    public ulong Hardlimit;
    public ulong Softlimit;
    public ulong Time;                  // seconds
    public ulong Granted;
}

/// <summary>What a slave was granted for an id (<c>struct lquota_slv_rec</c>).</summary>
[WireStruct("lquota_slv_rec", size: 8, Prefix = "qsr_", Opaque = true)]
public partial record struct LquotaSlvRec
{
    public ulong Granted;
}
