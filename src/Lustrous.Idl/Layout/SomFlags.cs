using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Layout;

/// <summary>How far the size kept on the MDT can be trusted.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[Flags]
[WireName("SOM_FL_")]
public enum SomFlags : ushort
{
    UNKNOWN = 0,
    STRICT = 0x1,
    STALE = 0x2,
    LAZY = 0x4,
}
