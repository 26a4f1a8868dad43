using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary><c>os_state</c> of a target.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[Flags]
[WireName("OS_STATFS_")]
public enum StatfsState : uint
{
    DEGRADED = 0x1,
    READONLY = 0x2,
    NOCREATE = 0x4,
    UNUSED1 = 0x8,
    UNUSED2 = 0x10,
    ENOSPC = 0x20,
    ENOINO = 0x40,
    DOWNGRADE = 0x67,
    SUM = 0x100,
    NONROT = 0x200,
}

/// <summary>
/// Values of <see cref="StatfsState"/> that combine, bound or repeat others: apart, so that it prints as its parts.
/// </summary>
[WireName("OS_STATFS_")]
public static class StatfsStateMasks
{
    public const StatfsState UPGRADE = (StatfsState)0x200;
}
