using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary><c>lai_flags</c>.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("LAIF_")]
public enum LayoutIntentFlags : uint
{
    INCOMPRESSIBLE = 0x1,
}
