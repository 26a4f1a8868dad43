using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mgs;

/// <summary>Which kind of store a target is on.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_disk.h.</remarks>
[WireName("LDD_MT_")]
public enum LddMountType : uint
{
    EXT3 = 0,
    LDISKFS = 1,
    REISERFS = 3,
    LDISKFS2 = 4,
    ZFS = 5,
    WBCFS = 6,
}

/// <summary>
/// Values of <see cref="LddMountType"/> that combine, bound or repeat others: apart, so that it prints as its
/// parts.
/// </summary>
[WireName("LDD_MT_")]
public static class LddMountTypeMasks
{
    public const LddMountType LAST = (LddMountType)7;
}
