using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Disk;

/// <summary>Magics of the OI scrub file.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_disk.h.</remarks>
[WireName("SCRUB_")]
public static class ScrubConst
{
    public const uint MAGIC_V1 = 0x4C5FD252;
    public const uint MAGIC_V2 = 0x4C5FE253;
    public const uint OI_BITMAP_SIZE = 128;
}
