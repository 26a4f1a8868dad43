using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>Inode flags as they travel and as <c>lsattr</c> shows them.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("LUSTRE_")]
public enum InodeFlags : uint
{
    UNRM_FL = 0x2,
    COMPR_FL = 0x4,
    SYNC_FL = 0x8,
    IMMUTABLE_FL = 0x10,
    APPEND_FL = 0x20,
    NODUMP_FL = 0x40,
    NOATIME_FL = 0x80,
    NOCOMPR_FL = 0x400,
    INDEX_FL = 0x1000,
    ORPHAN_FL = 0x2000,
    JOURNAL_DATA_FL = 0x4000,
    DIRSYNC_FL = 0x10000,
    TOPDIR_FL = 0x20000,
    SET_SYNC_FL = 0x40000,
    EXTENTS_FL = 0x80000,
    VERITY_FL = 0x100000,
    ENCRYPT_FL = 0x800000,
    INLINE_DATA_FL = 0x10000000,
    PROJINHERIT_FL = 0x20000000,
    CASEFOLD_FL = 0x40000000,
}

/// <summary>
/// Values of <see cref="InodeFlags"/> that combine, bound or repeat others: apart, so that it prints as its parts.
/// </summary>
[WireName("LUSTRE_")]
public static class InodeFlagsMasks
{
    public const InodeFlags LMA_FL_MASKS = (InodeFlags)0x802000;
    public const InodeFlags FL_USER_VISIBLE = (InodeFlags)0x709B5CFE;
    public const InodeFlags FL_USER_MODIFIABLE = (InodeFlags)0x200304F8;
}
