using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mgs;

/// <summary>Bounds of MGS messages.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("")]
public static class MgsConst
{
    public const int MGS_PARAM_MAXLEN = 1024;
    public const int MTI_NAME_MAXLEN = 64;
    public const int MTI_NIDS_MAX = 32;
    public const int MTI_PARAM_MAXLEN = 4096;
    public const int LDD_MAGIC = 0x1DD00001;
}
