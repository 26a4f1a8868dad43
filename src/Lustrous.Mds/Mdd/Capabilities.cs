namespace Lustrous.Mds.Mdd;

/// <summary>Those of Linux's capabilities that a metadata server asks for, as bits of the word that clients send
/// (<c>cr_cap</c>).</summary>
/// <remarks>Source: include/uapi/linux/capability.h of Linux.</remarks>
[Flags]
public enum Capabilities : uint
{
    None = 0,
    CHOWN = 1u << 0,
    DAC_OVERRIDE = 1u << 1,
    DAC_READ_SEARCH = 1u << 2,
    FOWNER = 1u << 3,
    FSETID = 1u << 4,
    LINUX_IMMUTABLE = 1u << 9,
    SYS_ADMIN = 1u << 21,
    SYS_RESOURCE = 1u << 24,
    MKNOD = 1u << 27,
    All = uint.MaxValue,
}

/// <summary>What somebody wants to do with an object (MAY_READ and its like).</summary>
[Flags]
public enum AccessMask : uint
{
    None = 0,
    Execute = 1,
    Write = 2,
    Read = 4,
}
