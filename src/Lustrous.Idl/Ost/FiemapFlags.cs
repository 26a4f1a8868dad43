using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ost;

/// <summary><c>fm_flags</c> of a file map request.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_fiemap.h.</remarks>
[Flags]
[WireName("FIEMAP_FLAG_")]
public enum FiemapFlags : uint
{
    SYNC = 0x1,
    XATTR = 0x2,
    DEVICE_ORDER = 0x40000000,
}
