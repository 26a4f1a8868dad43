using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mgs;

/// <summary>State of a write barrier.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_barrier_user.h.</remarks>
[WireName("BS_")]
public enum BarrierStatus : uint
{
    INIT = 0,
    FREEZING_P1 = 1,
    FREEZING_P2 = 2,
    FROZEN = 3,
    THAWING = 4,
    THAWED = 5,
    FAILED = 6,
    EXPIRED = 7,
    RESCAN = 8,
}
