using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary>The second word of features: <c>ocd_connect_flags2</c>, valid with FLAGS2.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("OBD_CONNECT2_")]
public enum ConnectFlags2 : ulong
{
    FILE_SECCTX = 0x1,
    LOCKAHEAD = 0x2,
    DIR_MIGRATE = 0x4,
    SUM_STATFS = 0x8,
    OVERSTRIPING = 0x10,
    FLR = 0x20,
    WBC_INTENTS = 0x40,
    LOCK_CONVERT = 0x80,
    ARCHIVE_ID_ARRAY = 0x100,
    INC_XID = 0x200,
    SELINUX_POLICY = 0x400,
    LSOM = 0x800,
    PCC = 0x1000,
    CRUSH = 0x2000,
    ASYNC_DISCARD = 0x4000,
    ENCRYPT = 0x8000,
    FIDMAP = 0x10000,
    GETATTR_PFID = 0x20000,
    LSEEK = 0x40000,
    DOM_LVB = 0x80000,
    /// <summary>Replies match on <c>pb_mbits</c>, not on the xid.</summary>
    REP_MBITS = 0x100000,
    MODE_CONVERT = 0x200000,
    BATCH_RPC = 0x400000,
    PCCRO = 0x800000,
    MNE_TYPE = 0x1000000,
    LOCK_CONTENTION = 0x2000000,
    ATOMIC_OPEN_LOCK = 0x4000000,
    ENCRYPT_NAME = 0x8000000,
    DMV_IMP_INHERIT = 0x20000000,
    ENCRYPT_FID2PATH = 0x40000000,
    REPLAY_CREATE = 0x80000000,
    /// <summary>20-byte NIDs in MGS messages.</summary>
    LARGE_NID = 0x100000000,
    COMPRESS = 0x200000000,
    UNALIGNED_DIO = 0x400000000,
    CONN_POLICY = 0x800000000,
    SPARSE = 0x1000000000,
    MIRROR_ID_FIX = 0x2000000000,
    UPDATE_LAYOUT = 0x4000000000,
    READDIR_OPEN = 0x8000000000,
    FLR_EC = 0x10000000000,
    FLR_IMMED_MIRROR = 0x20000000000,
    NO_APPEND = 0x40000000000,
    FLR_EC_WR = 0x80000000000,
    PERFSTATS = 0x100000000000,
}
