using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Nodemap;

/// <summary><c>nfhr_flags</c>.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_disk.h.</remarks>
[Flags]
[WireName("NM_FS_FL_")]
public enum NodemapFilesetFlags : byte
{
    READONLY = 0x1,
}
