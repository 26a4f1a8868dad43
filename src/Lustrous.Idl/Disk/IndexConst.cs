using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Disk;

/// <summary>Magics of an index request and of its pages.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("")]
public static class IndexConst
{
    public const uint IDX_INFO_MAGIC = 0x3D37CC37;
    public const uint LIP_MAGIC = 0x8A6D6B6C;
}
