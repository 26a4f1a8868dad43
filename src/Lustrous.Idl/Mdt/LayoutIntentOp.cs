using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>Why a client wants a layout changed.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("LAYOUT_INTENT_")]
public enum LayoutIntentOp : uint
{
    Access = 0,
    Read = 1,
    Write = 2,
    Glimpse = 3,
    Trunc = 4,
    Release = 5,
    Restore = 6,
    PccroSet = 7,
    PccroClear = 8,
    Change = 9,
}
