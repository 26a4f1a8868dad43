using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Nodemap;

/// <summary><c>ncr_flags2</c>.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_disk.h.</remarks>
[Flags]
[WireName("NM_FL2_")]
public enum NodemapFlags2 : byte
{
    READONLY_MOUNT = 0x1,
    DENY_MOUNT = 0x2,
    FILESET_USE_IAM = 0x4,
    GSS_IDENTIFY = 0x8,
}
