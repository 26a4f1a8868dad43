using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Hsm;

/// <summary><c>hp_flags</c>.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[Flags]
[WireName("HP_FLAG_")]
public enum HsmProgressFlags : ushort
{
    COMPLETED = 0x1,
    RETRY = 0x2,
}
