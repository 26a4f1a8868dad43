using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Layout;

/// <summary>Upper bits of a layout version.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[Flags]
[WireName("LU_LAYOUT_")]
public enum LayoutVersionFlags : uint
{
    RESYNC = 0x80000000,
}
