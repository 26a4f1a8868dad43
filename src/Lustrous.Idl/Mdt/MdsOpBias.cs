using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>Circumstances of a reint or close: <c>cr_bias</c>, <c>mio…</c>, <c>cd_…</c>.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("MDS_")]
public enum MdsOpBias : uint
{
    CROSS_REF = 0x2,
    PERM_BYPASS = 0x8,
    QUOTA_IGNORE = 0x20,
    KEEP_ORPHAN = 0x80,
    RECOV_OPEN = 0x100,
    DATA_MODIFIED = 0x200,
    CREATE_VOLATILE = 0x400,
    OWNEROVERRIDE = 0x800,
    HSM_RELEASE = 0x1000,
    CLOSE_MIGRATE = 0x2000,
    CLOSE_LAYOUT_SWAP = 0x4000,
    CLOSE_LAYOUT_MERGE = 0x8000,
    CLOSE_RESYNC_DONE = 0x10000,
    CLOSE_LAYOUT_SPLIT = 0x20000,
    TRUNC_KEEP_LEASE = 0x40000,
    PCC_ATTACH = 0x80000,
    CLOSE_UPDATE_TIMES = 0x100000,
    SETSTRIPE_CREATE = 0x200000,
    FID_OP = 0x400000,
    MIGRATE_NSONLY = 0x800000,
    CREATE_DEFAULT_LMV = 0x1000000,
    CLOSE_LAYOUT_SWAP_HSM = 0x2000000,
    RENAME_AGAIN = 0x4000000,
    NAMEHASH = 0x8000000,
}
