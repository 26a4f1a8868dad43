using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Layout;

/// <summary>First word of a file layout; DEFINED marks in the lower half what has no objects yet.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("LOV_MAGIC_")]
public enum LovMagic : uint
{
    BAD = 0xBAD0BD0,
    V1 = 0xBD10BD0,
    JOIN_V1 = 0xBD20BD0,
    V3 = 0xBD30BD0,
    MIGRATE = 0xBD40BD0,
    SPECIFIC = 0xBD50BD0,
    COMP_V1 = 0xBD60BD0,
    FOREIGN = 0xBD70BD0,
    SEL = 0xBD80BD0,
}

/// <summary>
/// Values of <see cref="LovMagic"/> that combine, bound or repeat others: apart, so that it prints as its parts.
/// </summary>
[WireName("LOV_MAGIC_")]
public static class LovMagicMasks
{
    public const LovMagic MAGIC = (LovMagic)3024;
    public const LovMagic MASK = (LovMagic)65535;
}
