using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Llog;

/// <summary>Which further extensions a changelog record has.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[Flags]
[WireName("CLFE_")]
public enum ChangelogExtraFlags : ulong
{
    INVALID = 0,
    UIDGID = 0x1,
    NID = 0x2,
    OPEN = 0x4,
    XATTR = 0x8,
    NID_BE = 0x10,
}

/// <summary>
/// Values of <see cref="ChangelogExtraFlags"/> that combine, bound or repeat others: apart, so that it prints as
/// its parts.
/// </summary>
[WireName("CLFE_")]
public static class ChangelogExtraFlagsMasks
{
    public const ChangelogExtraFlags SUPPORTED = (ChangelogExtraFlags)0x1F;
}
