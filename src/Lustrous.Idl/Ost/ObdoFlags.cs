using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ost;

/// <summary><c>o_flags</c>.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("OBD_FL_")]
public enum ObdoFlags : uint
{
    INLINEDATA = 0x1,
    OBDMDEXISTS = 0x2,
    DELORPHAN = 0x4,
    NORPC = 0x8,
    IDONLY = 0x10,
    RECREATE_OBJS = 0x20,
    DEBUG_CHECK = 0x40,
    NO_PRJQUOTA = 0x80,
    NO_USRQUOTA = 0x100,
    NO_GRPQUOTA = 0x200,
    CREATE_CROW = 0x400,
    SRVLOCK = 0x800,
    CKSUM_CRC32 = 0x1000,
    CKSUM_ADLER = 0x2000,
    CKSUM_CRC32C = 0x4000,
    CKSUM_T10IP512 = 0x5000,
    CKSUM_T10IP4K = 0x6000,
    CKSUM_T10CRC512 = 0x7000,
    CKSUM_T10CRC4K = 0x8000,
    CKSUM_RSVD3 = 0x10000,
    SHRINK_GRANT = 0x20000,
    MMAP = 0x40000,
    /// <summary>Sent again in recovery.</summary>
    RECOV_RESEND = 0x80000,
    NOSPC_BLK = 0x100000,
    FLUSH = 0x200000,
    /// <summary>The data is in the message itself.</summary>
    SHORT_IO = 0x400000,
    ROOT_SQUASH = 0x800000,
    ROOT_PRJQUOTA = 0x1000000,
}

/// <summary>
/// Values of <see cref="ObdoFlags"/> that combine, bound or repeat others: apart, so that it prints as its parts.
/// </summary>
[WireName("OBD_FL_")]
public static class ObdoFlagsMasks
{
    public const ObdoFlags CKSUM_ALL = (ObdoFlags)0xF000;
    public const ObdoFlags NO_QUOTA_ALL = (ObdoFlags)0x380;
}
