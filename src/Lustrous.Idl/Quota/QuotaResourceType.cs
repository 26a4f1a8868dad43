using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Quota;

/// <summary>What is counted: inodes or blocks.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("LQUOTA_RES_")]
public enum QuotaResourceType : byte
{
    MD = 1,
    DT = 2,
}
