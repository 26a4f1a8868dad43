using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Hsm;

/// <summary>What a user asks of HSM.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[WireName("HUA_")]
public enum HsmUserAction : uint
{
    NONE = 1,
    ARCHIVE = 10,
    RESTORE = 11,
    RELEASE = 12,
    REMOVE = 13,
    CANCEL = 14,
}
