using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>Conditions of MDS_SWAP_LAYOUTS.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[Flags]
[WireName("SWAP_LAYOUTS_")]
public enum SwapLayoutsFlags : ulong
{
    CHECK_DV1 = 0x1,
    CHECK_DV2 = 0x2,
    KEEP_MTIME = 0x4,
    KEEP_ATIME = 0x8,
    CLOSE = 0x10,
    WITH_DV12 = 0x20,
    MDS_RELEASE = 0x80000000,
}
