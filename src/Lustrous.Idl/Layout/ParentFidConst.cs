using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Layout;

/// <summary>How <c>trusted.fid</c> of an OST object splits its last word.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[WireName("PFID_")]
public static class ParentFidConst
{
    public const int STRIPE_IDX_BITS = 16;
}
