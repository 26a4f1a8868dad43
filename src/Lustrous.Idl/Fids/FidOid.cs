using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Fids;

/// <summary>Object ids with a meaning of their own inside the special sequences.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("FID_OID_")]
public static class FidOid
{
    public const uint SPECIAL_BFL = 1;
    public const uint DOT_LUSTRE = 1;
    public const uint DOT_LUSTRE_OBF = 2;
    public const uint DOT_LUSTRE_LPF = 3;
    public const uint ROOT = 1;
    public const uint ECHO_ROOT = 2;
}
