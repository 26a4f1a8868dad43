using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Llog;

/// <summary><c>llh_flags</c>.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("LLOG_F_")]
public enum LlogFlags : uint
{
    ZAP_WHEN_EMPTY = 0x1,
    IS_CAT = 0x2,
    IS_PLAIN = 0x4,
    EXT_JOBID = 0x8,
    IS_FIXSIZE = 0x10,
    EXT_EXTRA_FLAGS = 0x20,
    EXT_X_UIDGID = 0x40,
    EXT_X_NID = 0x80,
    EXT_X_OMODE = 0x100,
    EXT_X_XATTR = 0x200,
    RM_ON_ERR = 0x400,
    MAX_AGE = 0x800,
    EXT_X_NID_BE = 0x1000,
    UNLCK_SEM = 0x2000,
}

/// <summary>
/// Values of <see cref="LlogFlags"/> that combine, bound or repeat others: apart, so that it prints as its parts.
/// </summary>
[WireName("LLOG_F_")]
public static class LlogFlagsMasks
{
    public const LlogFlags EXT_MASK = (LlogFlags)0x33E8;
}
