using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Layout;

/// <summary><c>lcm_flags</c>: state of a mirrored file.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[Flags]
[WireName("LCM_FL_")]
public enum LcmFlags : ushort
{
    NONE = 0,
    RDONLY = 0x1,
    WRITE_PENDING = 0x2,
    SYNC_PENDING = 0x3,
    PCC_RDONLY = 0x8,
}

/// <summary>
/// Values of <see cref="LcmFlags"/> that combine, bound or repeat others: apart, so that it prints as its parts.
/// </summary>
[WireName("LCM_FL_")]
public static class LcmFlagsMasks
{
    public const LcmFlags FLR_MASK = (LcmFlags)0xB;
}
