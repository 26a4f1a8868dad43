using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ldlm;

/// <summary>What kind of thing a lock protects, hence which policy grants it.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("LDLM_")]
public enum LockType : uint
{
    Plain = 10,
    Extent = 11,
    Flock = 12,
    Ibits = 13,
}

/// <summary>
/// Values of <see cref="LockType"/> that combine, bound or repeat others: apart, so that it prints as its parts.
/// </summary>
[WireName("LDLM_")]
public static class LockTypeMasks
{
    public const LockType TypeEnd = (LockType)14;
    public const LockType TypeMin = (LockType)10;
}
