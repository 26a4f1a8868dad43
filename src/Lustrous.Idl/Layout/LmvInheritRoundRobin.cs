using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Layout;

/// <summary>How many levels deep directories go round the MDTs.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[WireName("LMV_INHERIT_RR_")]
public enum LmvInheritRoundRobin : byte
{
    NONE = 0,
    ROOT = 3,
    UNLIMITED = 255,
}

/// <summary>
/// Values of <see cref="LmvInheritRoundRobin"/> that combine, bound or repeat others: apart, so that it prints as
/// its parts.
/// </summary>
[WireName("LMV_INHERIT_RR_")]
public static class LmvInheritRoundRobinMasks
{
    public const LmvInheritRoundRobin END = (LmvInheritRoundRobin)1;
    public const LmvInheritRoundRobin MAX = (LmvInheritRoundRobin)250;
    public const LmvInheritRoundRobin DEFAULT = (LmvInheritRoundRobin)0;
}
