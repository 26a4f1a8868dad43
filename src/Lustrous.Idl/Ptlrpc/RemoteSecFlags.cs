using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary>What a GSS security context says of its peer.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lgss.h.</remarks>
[Flags]
[WireName("RSC_DATA_FLAG_")]
public enum RemoteSecFlags : uint
{
    REMOTE = 0x1,
    ROOT = 0x2,
    MDS = 0x4,
    OSS = 0x8,
}
