using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Quota;

/// <summary>Flags of a quota entry in its LVB.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("LQUOTA_FL_")]
public enum QuotaFlags : uint
{
    EDQUOT = 0x1,
}
