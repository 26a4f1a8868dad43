using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Nodemap;

/// <summary>Which kind of id is mapped.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("NODEMAP_")]
public enum NodemapIdType : uint
{
    UID = 0,
    GID = 1,
    PROJID = 2,
}
