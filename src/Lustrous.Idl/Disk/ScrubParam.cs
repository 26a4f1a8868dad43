using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Disk;

/// <summary>How an OI scrub is run.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_disk.h.</remarks>
[Flags]
[WireName("SP_")]
public enum ScrubParam : uint
{
    FAILOUT = 0x1,
    DRYRUN = 0x2,
}
