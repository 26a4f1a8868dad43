using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Lfsck;

/// <summary>State of a check.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_lfsck_user.h.</remarks>
[WireName("LS_")]
public enum LfsckStatus : uint
{
    INIT = 0,
    SCANNING_PHASE1 = 1,
    SCANNING_PHASE2 = 2,
    COMPLETED = 3,
    FAILED = 4,
    STOPPED = 5,
    PAUSED = 6,
    CRASHED = 7,
    PARTIAL = 8,
    CO_FAILED = 9,
    CO_STOPPED = 10,
    CO_PAUSED = 11,
}
