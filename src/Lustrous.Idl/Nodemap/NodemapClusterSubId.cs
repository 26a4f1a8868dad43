using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Nodemap;

/// <summary>Which record of a nodemap.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_disk.h.</remarks>
[WireName("NODEMAP_")]
public enum NodemapClusterSubId : uint
{
    CLUSTER_REC = 0,
    CLUSTER_ROLES = 1,
    CLUSTER_OFFSET = 2,
    CLUSTER_CAPS = 3,
    FILESET = 512,
}
