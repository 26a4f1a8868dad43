using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Nodemap;

/// <summary>Which kind of record a nodemap index key names.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_disk.h.</remarks>
[WireName("NODEMAP_")]
public enum NodemapIndexType : uint
{
    EMPTY_IDX = 0,
    CLUSTER_IDX = 1,
    RANGE_IDX = 2,
    UIDMAP_IDX = 3,
    GIDMAP_IDX = 4,
    PROJIDMAP_IDX = 5,
    NID_MASK_IDX = 6,
    GLOBAL_IDX = 15,
}
