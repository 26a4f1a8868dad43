using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary>
/// Features two peers agree on when connecting: <c>ocd_connect_flags</c>. The reply never holds a bit that was not
/// asked.
/// </summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("OBD_CONNECT_")]
public enum ConnectFlags : ulong
{
    RDONLY = 0x1,
    INDEX = 0x2,
    MDS = 0x4,
    GRANT = 0x8,
    SRVLOCK = 0x10,
    VERSION = 0x20,
    MGS_NIDLIST = 0x40,
    ACL = 0x80,
    XATTR = 0x100,
    LARGE_ACL = 0x200,
    OLD_FALLOC = 0x400,
    TRANSNO = 0x800,
    IBITS = 0x1000,
    BARRIER = 0x2000,
    ATTRFID = 0x4000,
    NODEVOH = 0x8000,
    RMT_CLIENT = 0x10000,
    RMT_CLIENT_FORCE = 0x20000,
    BRW_SIZE = 0x40000,
    QUOTA64 = 0x80000,
    MDS_CAPA = 0x100000,
    OSS_CAPA = 0x200000,
    CANCELSET = 0x400000,
    SOM = 0x800000,
    /// <summary>Adaptive timeouts, so early replies too.</summary>
    AT = 0x1000000,
    LRU_RESIZE = 0x2000000,
    MDS_MDS = 0x4000000,
    REAL = 0x8000000,
    CHANGE_QS = 0x10000000,
    CKSUM = 0x20000000,
    FID = 0x40000000,
    VBR = 0x80000000,
    LOV_V3 = 0x100000000,
    GRANT_SHRINK = 0x200000000,
    SKIP_ORPHAN = 0x400000000,
    MAX_EASIZE = 0x800000000,
    /// <summary>The peer speaks the 2.0 protocol; an MDT refuses others.</summary>
    FULL20 = 0x1000000000,
    LAYOUTLOCK = 0x2000000000,
    _64BITHASH = 0x4000000000,
    MAXBYTES = 0x8000000000,
    IMP_RECOV = 0x10000000000,
    JOBSTATS = 0x20000000000,
    UMASK = 0x40000000000,
    EINPROGRESS = 0x80000000000,
    GRANT_PARAM = 0x100000000000,
    HPREQ_CHECK1 = 0x200000000000,
    LVB_TYPE = 0x400000000000,
    NANOSEC_TIME = 0x800000000000,
    LIGHTWEIGHT = 0x1000000000000,
    SHORTIO = 0x2000000000000,
    PINGLESS = 0x4000000000000,
    FLOCK_DEAD = 0x8000000000000,
    DISP_STRIPE = 0x10000000000000,
    OPEN_BY_FID = 0x20000000000000,
    LFSCK = 0x40000000000000,
    UNLINK_CLOSE = 0x100000000000000,
    MULTIMODRPCS = 0x200000000000000,
    DIR_STRIPE = 0x400000000000000,
    SUBTREE = 0x800000000000000,
    /// <summary>Bulk match bits come in <c>pb_mbits</c>.</summary>
    BULK_MBITS = 0x2000000000000000,
    OBDOPACK = 0x4000000000000000,
    /// <summary>There is a second word: <see cref="ConnectFlags2"/>.</summary>
    FLAGS2 = 0x8000000000000000,
}
