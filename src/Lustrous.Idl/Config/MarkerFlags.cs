using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Config;

/// <summary><c>cm_flags</c>: where a group of configuration records begins and ends, and whether it counts.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_cfg.h.</remarks>
[Flags]
[WireName("CM_")]
public enum MarkerFlags : uint
{
    START = 0x1,
    END = 0x2,
    SKIP = 0x4,
    UPGRADE146 = 0x8,
    EXCLUDE = 0x10,
}
