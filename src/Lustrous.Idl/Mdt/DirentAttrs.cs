using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>What follows a directory entry's name; the upper bits stay on the node.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("LUDA_")]
public enum DirentAttrs : uint
{
    FID = 0x1,
    TYPE = 0x2,
    _64BITHASH = 0x4,
    UNKNOWN = 0x400,
    IGNORE = 0x800,
    UPGRADE = 0x1000,
    REPAIR = 0x2000,
    VERIFY_DRYRUN = 0x4000,
}

/// <summary>
/// Values of <see cref="DirentAttrs"/> that combine, bound or repeat others: apart, so that it prints as its parts.
/// </summary>
[WireName("LUDA_")]
public static class DirentAttrsMasks
{
    public const DirentAttrs VERIFY = (DirentAttrs)0x8000;
}
