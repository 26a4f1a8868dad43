using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Hsm;

/// <summary>How far an HSM request is.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[WireName("HPS_")]
public enum HsmProgressState : uint
{
    NONE = 0,
    WAITING = 1,
    RUNNING = 2,
    DONE = 3,
}
