using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Layout;

/// <summary>How a component spreads over objects.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[Flags]
[WireName("LOV_PATTERN_")]
public enum LovPattern : uint
{
    NONE = 0,
    RAID0 = 0x1,
    RAID1 = 0x2,
    PARITY = 0x4,
    /// <summary>Data on the MDT.</summary>
    MDT = 0x100,
    OVERSTRIPING = 0x200,
    FOREIGN = 0x400,
    COMPRESS = 0x800,
    F_HOLE = 0x40000000,
    /// <summary>The data is only in the archive.</summary>
    F_RELEASED = 0x80000000,
}

/// <summary>
/// Values of <see cref="LovPattern"/> that combine, bound or repeat others: apart, so that it prints as its parts.
/// </summary>
[WireName("LOV_PATTERN_")]
public static class LovPatternMasks
{
    public const LovPattern BAD = (LovPattern)0x502;
    public const LovPattern F_MASK = (LovPattern)0xFFFF0000;
    public const LovPattern DEFAULT = (LovPattern)0xFFFFFFFF;
}
