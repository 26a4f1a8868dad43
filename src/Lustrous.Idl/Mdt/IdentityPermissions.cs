using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>What the identity upcall lets a user do.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("CFS_")]
public enum IdentityPermissions : uint
{
    SETUID_PERM = 0x1,
    SETGID_PERM = 0x2,
    SETGRP_PERM = 0x4,
}
