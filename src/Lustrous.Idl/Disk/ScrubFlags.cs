using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Disk;

/// <summary>What an OI scrub found.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_disk.h.</remarks>
[Flags]
[WireName("SF_")]
public enum ScrubFlags : uint
{
    RECREATED = 0x1,
    INCONSISTENT = 0x2,
    AUTO = 0x4,
    UPGRADE = 0x8,
}
