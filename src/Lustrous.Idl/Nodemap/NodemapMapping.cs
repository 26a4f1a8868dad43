using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Nodemap;

/// <summary>Which ids a nodemap maps.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("NODEMAP_MAP_")]
public enum NodemapMapping : uint
{
    BOTH_LEGACY = 0,
    UID = 0x1,
    GID = 0x2,
    PROJID = 0x4,
}

/// <summary>
/// Values of <see cref="NodemapMapping"/> that combine, bound or repeat others: apart, so that it prints as its
/// parts.
/// </summary>
[WireName("NODEMAP_MAP_")]
public static class NodemapMappingMasks
{
    public const NodemapMapping BOTH = (NodemapMapping)0x3;
    public const NodemapMapping ALL = (NodemapMapping)0x7;
}
