using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Nodemap;

/// <summary><c>ncr_flags</c>.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_disk.h.</remarks>
[Flags]
[WireName("NM_FL_")]
public enum NodemapFlags : byte
{
    ALLOW_ROOT_ACCESS = 0x1,
    TRUST_CLIENT_IDS = 0x2,
    DENY_UNKNOWN = 0x4,
    MAP_UID = 0x8,
    MAP_GID = 0x10,
    ENABLE_AUDIT = 0x20,
    FORBID_ENCRYPT = 0x40,
    MAP_PROJID = 0x80,
}
