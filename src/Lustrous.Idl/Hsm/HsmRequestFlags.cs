using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Hsm;

/// <summary><c>hr_flags</c>.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[Flags]
[WireName("HSM_")]
public enum HsmRequestFlags : ulong
{
    FORCE_ACTION = 0x1,
    GHOST_COPY = 0x2,
    REQ_BLOCKING = 0x4,
}
