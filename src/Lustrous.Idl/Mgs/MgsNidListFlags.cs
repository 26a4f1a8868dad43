using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mgs;

/// <summary>How a target's NIDs travel when it registers.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("NIDLIST_")]
public enum MgsNidListFlags : uint
{
    APPEND = 0x1,
    IN_BULK = 0x2,
    COMPRESSED = 0x4,
}
