using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Nodemap;

/// <summary>Which rights a child nodemap may have beyond its parent's.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("NODEMAP_RAISE_PRIV_")]
public enum NodemapRaisePrivileges : uint
{
    RAISE = 0x1,
    ADMIN = 0x2,
    TRUSTED = 0x4,
    DENY_UNKN = 0x8,
    RO = 0x10,
    RBAC = 0x20,
    FORBID_ENC = 0x40,
    CAPS = 0x80,
    DENY_MNT = 0x100,
}

/// <summary>
/// Values of <see cref="NodemapRaisePrivileges"/> that combine, bound or repeat others: apart, so that it prints as
/// its parts.
/// </summary>
[WireName("NODEMAP_RAISE_PRIV_")]
public static class NodemapRaisePrivilegesMasks
{
    public const NodemapRaisePrivileges NONE = (NodemapRaisePrivileges)0xFFFFFE00;
    public const NodemapRaisePrivileges ALL = (NodemapRaisePrivileges)0xFFFFFFFF;
}
