using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Layout;

/// <summary>First word of a directory layout.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("LMV_")]
public enum LmvMagic : uint
{
    MAGIC_V1 = 0xCD20CD0,
    USER_MAGIC = 0xCD30CD0,
    MAGIC_STRIPE = 0xCD40CD0,
    MAGIC_FOREIGN = 0xCD50CD0,
}

/// <summary>
/// Values of <see cref="LmvMagic"/> that combine, bound or repeat others: apart, so that it prints as its parts.
/// </summary>
[WireName("LMV_")]
public static class LmvMagicMasks
{
    public const LmvMagic USER_MAGIC_V0 = (LmvMagic)0xCD20CD0;
    public const LmvMagic USER_MAGIC_SPECIFIC = (LmvMagic)0xCD40CD0;
}
