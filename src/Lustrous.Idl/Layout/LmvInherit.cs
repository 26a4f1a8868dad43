using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Layout;

/// <summary>How many levels deep a default directory layout is inherited.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[WireName("LMV_INHERIT_")]
public enum LmvInherit : byte
{
    UNLIMITED = 0,
    DEFAULT_OVERSTRIPED = 2,
    DEFAULT_STRIPED = 3,
    NONE = 255,
}

/// <summary>
/// Values of <see cref="LmvInherit"/> that combine, bound or repeat others: apart, so that it prints as its parts.
/// </summary>
[WireName("LMV_INHERIT_")]
public static class LmvInheritMasks
{
    public const LmvInherit END = (LmvInherit)1;
    public const LmvInherit MAX = (LmvInherit)250;
    public const LmvInherit DEFAULT_PLAIN = (LmvInherit)0;
}
