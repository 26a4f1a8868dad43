using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Layout;

/// <summary>What a foreign layout points at.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[WireName("LU_FOREIGN_TYPE_")]
public enum ForeignType : uint
{
    NONE = 0,
    POSIX = 1,
    PCCRW = 2,
    PCCRO = 3,
    S3 = 4,
    SYMLINK = 55813,
    UNKNOWN = 0xFFFFFFFF,
}
