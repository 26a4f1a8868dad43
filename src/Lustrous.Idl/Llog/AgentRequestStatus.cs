using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Llog;

/// <summary>State of an HSM request in its log.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("ARS_")]
public enum AgentRequestStatus : uint
{
    WAITING = 0,
    STARTED = 1,
    FAILED = 2,
    CANCELED = 3,
    SUCCEED = 4,
}
