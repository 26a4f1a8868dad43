using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Layout;

/// <summary>First word of a layout as a user asks for it.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[WireName("LOV_USER_MAGIC_")]
public enum LovUserMagic : uint
{
    V1 = 0xBD10BD0,
    JOIN_V1 = 0xBD20BD0,
    V3 = 0xBD30BD0,
    SPECIFIC = 0xBD50BD0,
    COMP_V1 = 0xBD60BD0,
    FOREIGN = 0xBD70BD0,
    SEL = 0xBD80BD0,
}
