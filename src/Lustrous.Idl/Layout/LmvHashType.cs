using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Layout;

/// <summary>
/// How a striped directory spreads names (<c>lmv_hash_type</c>): a type in the lower half, flags above.
/// </summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[Flags]
[WireName("LMV_HASH_")]
public enum LmvHashType : uint
{
    TYPE_UNKNOWN = 0,
    TYPE_ALL_CHARS = 0x1,
    TYPE_FNV_1A_64 = 0x2,
    TYPE_CRUSH = 0x3,
    TYPE_CRUSH2 = 0x4,
    FLAG_OVERSTRIPED = 0x1000000,
    FLAG_FIXED = 0x2000000,
    FLAG_MERGE = 0x4000000,
    FLAG_SPLIT = 0x8000000,
    FLAG_LOST_LMV = 0x10000000,
    FLAG_BAD_TYPE = 0x20000000,
    FLAG_MIGRATION = 0x80000000,
}

/// <summary>
/// Values of <see cref="LmvHashType"/> that combine, bound or repeat others: apart, so that it prints as its parts.
/// </summary>
[WireName("LMV_HASH_")]
public static class LmvHashTypeMasks
{
    public const LmvHashType TYPE_DEFAULT = (LmvHashType)0x2;
    public const LmvHashType TYPE_MASK = (LmvHashType)0xFFFF;
    public const LmvHashType FLAG_KNOWN = (LmvHashType)0xBF000000;
    public const LmvHashType FLAG_LAYOUT_CHANGE = (LmvHashType)0x8C000000;
}
