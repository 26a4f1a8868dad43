using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>How to open and create: <c>cr_flags</c>, both halves joined.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[Flags]
[WireName("MDS_OPEN_")]
public enum MdsOpenFlags : ulong
{
    [WireName("MDS_FMODE_CLOSED")]
    FMODE_CLOSED = 0,
    [WireName("MDS_FMODE_READ")]
    FMODE_READ = 0x1,
    [WireName("MDS_FMODE_WRITE")]
    FMODE_WRITE = 0x2,
    [WireName("MDS_FMODE_EXEC")]
    FMODE_EXEC = 0x4,
    /// <summary>The server sets it: the file is new.</summary>
    CREATED = 0x8,
    /// <summary>Opened to be executed.</summary>
    [WireName("MDS_FMODE_EXECUTE")]
    FMODE_EXECUTE = 0x10,
    CREAT = 0x40,
    EXCL = 0x80,
    NOCTTY = 0x100,
    TRUNC = 0x200,
    APPEND = 0x400,
    NONBLOCK = 0x800,
    SYNC = 0x1000,
    FASYNC = 0x2000,
    LARGEFILE = 0x8000,
    DIRECTORY = 0x10000,
    NOFOLLOW = 0x20000,
    BY_FID = 0x800000,
    DELAY_CREATE = 0x1000000,
    OWNEROVERRIDE = 0x2000000,
    LOCK = 0x20000000,
    HAS_EA = 0x40000000,
    HAS_OBJS = 0x80000000,
    NORESTORE = 0x200000000,
    NEWSTRIPE = 0x400000000,
    VOLATILE = 0x800000000,
    LEASE = 0x1000000000,
    RELEASE = 0x2000000000,
    RESYNC = 0x4000000000,
    PCC = 0x8000000000,
    [WireName("MDS_OP_WITH_FID")]
    OP_WITH_FID = 0x10000000000,
    DEFAULT_LMV = 0x20000000000,
}

/// <summary>
/// Values of <see cref="MdsOpenFlags"/> that combine, bound or repeat others: apart, so that it prints as its
/// parts.
/// </summary>
[WireName("MDS_OPEN_")]
public static class MdsOpenFlagsMasks
{
    public const MdsOpenFlags FL_INTERNAL = (MdsOpenFlags)0x3F0E2800000;
}
