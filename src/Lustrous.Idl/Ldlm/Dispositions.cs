using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ldlm;

/// <summary>What an intent did, in <c>lock_policy_res1</c> of the reply.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("DISP_")]
public enum Dispositions : ulong
{
    NONE = 0,
    IT_EXECD = 0x1,
    LOOKUP_EXECD = 0x2,
    LOOKUP_NEG = 0x4,
    LOOKUP_POS = 0x8,
    OPEN_CREATE = 0x10,
    OPEN_OPEN = 0x20,
    ENQ_OPEN_REF = 0x800000,
    ENQ_CREATE_REF = 0x1000000,
    OPEN_LOCK = 0x2000000,
    OPEN_LEASE = 0x4000000,
    OPEN_STRIPE = 0x8000000,
    OPEN_DENY = 0x10000000,
}

/// <summary>
/// Values of <see cref="Dispositions"/> that combine, bound or repeat others: apart, so that it prints as its
/// parts.
/// </summary>
[WireName("DISP_")]
public static class DispositionsMasks
{
    public const Dispositions ALL = (Dispositions)0xFFFFFFFF;
}
