using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Hsm;

/// <summary>State of a file towards its archive.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[Flags]
[WireName("HS_")]
public enum HsmStates : uint
{
    NONE = 0,
    EXISTS = 0x1,
    DIRTY = 0x2,
    RELEASED = 0x4,
    ARCHIVED = 0x8,
    NORELEASE = 0x10,
    NOARCHIVE = 0x20,
    LOST = 0x40,
    PCCRW = 0x80,
    PCCRO = 0x100,
}
