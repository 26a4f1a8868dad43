using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ldlm;

/// <summary>Lock modes, a bit each so that compatible ones form a mask.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("LCK_")]
public enum LockMode : uint
{
    EX = 0x1,
    PW = 0x2,
    PR = 0x4,
    CW = 0x8,
    CR = 0x10,
    NL = 0x20,
    GROUP = 0x40,
    /// <summary>Commit on share.</summary>
    COS = 0x80,
    /// <summary>Held until the transaction commits.</summary>
    TXN = 0x100,
}

/// <summary>
/// Values of <see cref="LockMode"/> that combine, bound or repeat others: apart, so that it prints as its parts.
/// </summary>
[WireName("LCK_")]
public static class LockModeMasks
{
    public const LockMode MODE_MIN = (LockMode)0;
    public const LockMode MODE_END = (LockMode)0x101;
}
