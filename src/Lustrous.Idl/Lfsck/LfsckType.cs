using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Lfsck;

/// <summary>Which check.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_lfsck_user.h.</remarks>
[Flags]
[WireName("LFSCK_TYPE_")]
public enum LfsckType : ushort
{
    SCRUB = 0,
    LAYOUT = 0x1,
    NAMESPACE = 0x4,
}
