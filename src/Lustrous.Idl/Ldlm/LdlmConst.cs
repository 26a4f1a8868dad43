using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ldlm;

/// <summary>Counts in lock requests.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("")]
public static class LdlmConst
{
    public const int RES_NAME_SIZE = 4;
    public const int LCK_MODE_NUM = 9;
    public const int LDLM_LOCKREQ_HANDLES = 2;
    public const int LDLM_ENQUEUE_CANCEL_OFF = 1;
    public const int MDS_INODELOCK_NUMBITS = 7;
}
