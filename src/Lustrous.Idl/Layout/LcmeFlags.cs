using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Layout;

/// <summary><c>lcme_flags</c> of a layout component.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[Flags]
[WireName("LCME_FL_")]
public enum LcmeFlags : uint
{
    /// <summary>Mirrored data that lags behind.</summary>
    STALE = 0x1,
    PREF_RD = 0x2,
    PREF_WR = 0x4,
    OFFLINE = 0x8,
    /// <summary>Its objects exist.</summary>
    INIT = 0x10,
    NOSYNC = 0x20,
    EXTENSION = 0x40,
    PARITY = 0x80,
    COMPRESS = 0x100,
    PARTIAL = 0x200,
    NOCOMPR = 0x400,
    IS_LINK_ID = 0x40000000,
    NEG = 0x80000000,
}

/// <summary>
/// Values of <see cref="LcmeFlags"/> that combine, bound or repeat others: apart, so that it prints as its parts.
/// </summary>
[WireName("LCME_FL_")]
public static class LcmeFlagsMasks
{
    public const LcmeFlags PREF_RW = (LcmeFlags)0x6;
}
