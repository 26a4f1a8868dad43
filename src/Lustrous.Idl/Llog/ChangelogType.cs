using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Llog;

/// <summary>What a changelog record tells.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[WireName("CL_")]
public enum ChangelogType : ushort
{
    MARK = 0,
    CREATE = 1,
    MKDIR = 2,
    HARDLINK = 3,
    SOFTLINK = 4,
    MKNOD = 5,
    UNLINK = 6,
    RMDIR = 7,
    RENAME = 8,
    EXT = 9,
    OPEN = 10,
    CLOSE = 11,
    LAYOUT = 12,
    TRUNC = 13,
    SETATTR = 14,
    SETXATTR = 15,
    HSM = 16,
    MTIME = 17,
    CTIME = 18,
    ATIME = 19,
    MIGRATE = 20,
    FLRW = 21,
    RESYNC = 22,
    GETXATTR = 23,
    DN_OPEN = 24,
    NONE = 65535,
}

/// <summary>
/// Values of <see cref="ChangelogType"/> that combine, bound or repeat others: apart, so that it prints as its
/// parts.
/// </summary>
[WireName("CL_")]
public static class ChangelogTypeMasks
{
    public const ChangelogType XATTR = (ChangelogType)15;
}
