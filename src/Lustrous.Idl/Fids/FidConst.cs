using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Fids;

/// <summary>First object ids of a sequence.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("LUSTRE_FID_")]
public static class FidConst
{
    public const uint LASTID_OID = 0;
    public const uint INIT_OID = 1;
}
