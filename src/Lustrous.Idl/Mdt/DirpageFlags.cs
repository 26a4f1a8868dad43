using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary><c>ldp_flags</c> of a directory page.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("LDF_")]
public enum DirpageFlags : uint
{
    EMPTY = 0x1,
    /// <summary>The next page goes on with the same hash.</summary>
    COLLIDE = 0x2,
}
