using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Disk;

/// <summary><c>lma_incompat</c> of <c>trusted.lma</c>: who does not know a bit keeps off the object.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[Flags]
[WireName("LMAI_")]
public enum LmaIncompat : uint
{
    RELEASED = 0x1,
    AGENT = 0x2,
    REMOTE_PARENT = 0x4,
    STRIPED = 0x8,
    ORPHAN = 0x10,
    ENCRYPT = 0x20,
}
