using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Llog;

/// <summary>Which extensions a changelog record has.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[Flags]
[WireName("CLF_")]
public enum ChangelogFlags : uint
{
    VERSION = 0x1000,
    RENAME = 0x2000,
    JOBID = 0x4000,
    EXTRA_FLAGS = 0x8000,
}

/// <summary>
/// Values of <see cref="ChangelogFlags"/> that combine, bound or repeat others: apart, so that it prints as its
/// parts.
/// </summary>
[WireName("CLF_")]
public static class ChangelogFlagsMasks
{
    public const ChangelogFlags SUPPORTED = (ChangelogFlags)0xF000;
    public const ChangelogFlags FLAGMASK = (ChangelogFlags)0xFFF;
    public const ChangelogFlags VERMASK = (ChangelogFlags)0xFFFFF000;
}
