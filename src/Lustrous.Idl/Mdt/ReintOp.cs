using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>Which modification MDS_REINT asks for.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("REINT_")]
public enum ReintOp : uint
{
    Setattr = 1,
    Create = 2,
    Link = 3,
    Unlink = 4,
    Rename = 5,
    Open = 6,
    Setxattr = 7,
    Rmentry = 8,
    Migrate = 9,
    Resync = 10,
}

/// <summary>
/// Values of <see cref="ReintOp"/> that combine, bound or repeat others: apart, so that it prints as its parts.
/// </summary>
[WireName("REINT_")]
public static class ReintOpMasks
{
    public const ReintOp Max = (ReintOp)11;
}
