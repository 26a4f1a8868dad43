using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Update;

/// <summary><c>ou_flags</c>.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("UPDATE_FL_")]
public enum UpdateFlags : ushort
{
    OST = 0x1,
    SYNC = 0x2,
    COMMITTED = 0x4,
    NOLOG = 0x8,
    IGNORE_QUOTA = 0x10,
}
