using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Nodemap;

/// <summary>What clients of a nodemap may do. NONE keeps the bits of roles to come.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("NODEMAP_RBAC_")]
public enum NodemapRoles : uint
{
    FILE_PERMS = 0x1,
    DNE_OPS = 0x2,
    QUOTA_OPS = 0x4,
    BYFID_OPS = 0x8,
    CHLG_OPS = 0x10,
    FSCRYPT_ADMIN = 0x20,
    SERVER_UPCALL = 0x40,
    IGN_ROOT_PRJQUOTA = 0x80,
    HSM_OPS = 0x100,
    LOCAL_ADMIN = 0x200,
    POOL_QUOTA_OPS = 0x400,
    LQA_QUOTA_OPS = 0x800,
    PROJID_SET = 0x1000,
    FOREIGN_OPS = 0x2000,
    IMMUTABLE_FLAGS = 0x4000,
}

/// <summary>
/// Values of <see cref="NodemapRoles"/> that combine, bound or repeat others: apart, so that it prints as its
/// parts.
/// </summary>
[WireName("NODEMAP_RBAC_")]
public static class NodemapRolesMasks
{
    public const NodemapRoles NONE = (NodemapRoles)0xFFFF8000;
    public const NodemapRoles ALL = (NodemapRoles)0xFFFFFFFF;
}
