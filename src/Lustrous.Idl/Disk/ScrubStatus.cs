using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Disk;

/// <summary>State of an OI scrub.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_disk.h.</remarks>
[WireName("SS_")]
public enum ScrubStatus : uint
{
    INIT = 0,
    SCANNING = 1,
    COMPLETED = 2,
    FAILED = 3,
    STOPPED = 4,
    PAUSED = 5,
    CRASHED = 6,
}
