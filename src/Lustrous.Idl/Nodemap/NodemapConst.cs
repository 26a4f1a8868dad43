using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Nodemap;

/// <summary>How a key holds type and id, and the length of a nodemap's name.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_disk.h.</remarks>
[WireName("")]
public static class NodemapConst
{
    public const int NM_TYPE_MASK = 0xFFFFFFF;
    public const int NM_TYPE_SHIFT = 28;
    public const int LUSTRE_NODEMAP_NAME_LENGTH = 16;
}
