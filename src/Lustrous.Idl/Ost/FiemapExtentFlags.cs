using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ost;

/// <summary><c>fe_flags</c> of a mapped extent.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_fiemap.h.</remarks>
[Flags]
[WireName("FIEMAP_EXTENT_")]
public enum FiemapExtentFlags : uint
{
    LAST = 0x1,
    UNKNOWN = 0x2,
    DELALLOC = 0x4,
    ENCODED = 0x8,
    DATA_ENCRYPTED = 0x80,
    NOT_ALIGNED = 0x100,
    DATA_INLINE = 0x200,
    DATA_TAIL = 0x400,
    UNWRITTEN = 0x800,
    MERGED = 0x1000,
    SHARED = 0x2000,
    /// <summary>On another node: fe_device names the OST.</summary>
    NET = 0x80000000,
}
