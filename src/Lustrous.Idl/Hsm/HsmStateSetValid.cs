using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Hsm;

/// <summary>Which fields of <c>hsm_state_set</c> hold a value.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("HSS_")]
public enum HsmStateSetValid : uint
{
    SETMASK = 0x1,
    CLEARMASK = 0x2,
    ARCHIVE_ID = 0x4,
}
