using Lustrous.Idl.Ldlm;

namespace Lustrous.Ldlm;

/// <summary>Which modes go together (<c>lck_compat_array</c>), and other facts about single modes.</summary>
/// <remarks>Source: lustre/ldlm/ldlm_lock.c; the table is the VAX/VMS lock manager's, with GROUP added.</remarks>
public static class LockModes
{
    const LockMode CompatibleWithPr = LockMode.NL | LockMode.CR | LockMode.PR;
    const LockMode CompatibleWithCw = LockMode.NL | LockMode.CR | LockMode.CW;
    const LockMode CompatibleWithCr = CompatibleWithCw | LockMode.PR | LockMode.PW;
    const LockMode All = CompatibleWithCr | LockMode.EX | LockMode.GROUP | LockMode.COS | LockMode.TXN;

    /// <summary>The modes that may be held along with this one; none for what is no single mode.</summary>
    public static LockMode CompatibleWith(LockMode mode) => mode switch
    {
        LockMode.EX => LockMode.NL,
        LockMode.PW => LockMode.NL | LockMode.CR,
        LockMode.PR => CompatibleWithPr | LockMode.TXN,
        LockMode.CW => CompatibleWithCw,
        LockMode.CR => CompatibleWithCr | LockMode.TXN,
        LockMode.NL => All,
        LockMode.GROUP => LockMode.GROUP | LockMode.NL,
        LockMode.COS => LockMode.COS | LockMode.NL,
        LockMode.TXN => LockMode.TXN | LockMode.CR | LockMode.PR | LockMode.NL,
        _ => 0,
    };

    public static bool AreCompatible(LockMode a, LockMode b) => (CompatibleWith(a) & b) != 0;

    /// <summary>One known mode, which is all that a request may name.</summary>
    public static bool IsSingle(LockMode mode) => CompatibleWith(mode) != 0;

    /// <summary>Its holder only looks: counted among the readers (<c>l_readers</c>).</summary>
    public static bool IsRead(LockMode mode) =>
        (mode & (LockMode.NL | LockMode.CR | LockMode.PR)) != 0;
}
