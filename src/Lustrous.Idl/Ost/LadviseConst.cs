using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ost;

/// <summary>Magic of an advice.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[WireName("")]
public static class LadviseConst
{
    public const uint LADVISE_MAGIC = 0x1ADF1CE0;
}
