using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ldlm;

/// <summary>Which word of a resource name holds which part of a FID.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("LUSTRE_RES_ID_")]
public static class ResourceNameOffsets
{
    public const int HSH_OFF = 3;
    public const int QUOTA_SEQ_OFF = 2;
    public const int QUOTA_VER_OID_OFF = 3;
    public const int SEQ_OFF = 0;
    public const int VER_OID_OFF = 1;
    public const int WAS_VER_OFF = 2;
}
