using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ldlm;

/// <summary>What is to be done under the lock: <c>ldlm_intent.opc</c>.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("IT_")]
public enum IntentOps : ulong
{
    OPEN = 0x1,
    CREAT = 0x2,
    READDIR = 0x4,
    GETATTR = 0x8,
    LOOKUP = 0x10,
    GETXATTR = 0x80,
    LAYOUT = 0x400,
    QUOTA_DQACQ = 0x800,
    QUOTA_CONN = 0x1000,
    GLIMPSE = 0x4000,
    BRW = 0x8000,
}

/// <summary>
/// Values of <see cref="IntentOps"/> that combine, bound or repeat others: apart, so that it prints as its parts.
/// </summary>
[WireName("IT_")]
public static class IntentOpsMasks
{
    public const IntentOps OPEN_CREAT = (IntentOps)0x3;
}
