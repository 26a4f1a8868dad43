using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Lfsck;

/// <summary>What LFSCK instances tell each other.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("LE_")]
public enum LfsckEvent : uint
{
    LASTID_REBUILDING = 1,
    LASTID_REBUILT = 2,
    PHASE1_DONE = 3,
    PHASE2_DONE = 4,
    START = 5,
    STOP = 6,
    QUERY = 7,
    PEER_EXIT = 9,
    CONDITIONAL_DESTROY = 10,
    PAIRS_VERIFY = 11,
    SET_LMV_MASTER = 15,
    SET_LMV_SLAVE = 16,
}
