using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>Sub-requests of MDS_BATCH.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("BUT_")]
public enum BatchUpdateCommand : ushort
{
    Getattr = 1,
}
