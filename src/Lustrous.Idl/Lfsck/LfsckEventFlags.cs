using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Lfsck;

/// <summary><c>lr_flags</c> of an LFSCK message.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("LEF_")]
public enum LfsckEventFlags : uint
{
    TO_OST = 0x1,
    FROM_OST = 0x2,
    SET_LMV_HASH = 0x4,
    SET_LMV_ALL = 0x8,
    RECHECK_NAME_HASH = 0x10,
    QUERY_ALL = 0x20,
}
