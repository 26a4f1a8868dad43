using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Nodemap;

/// <summary>Which way an id is mapped.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("NODEMAP_")]
public enum NodemapTreeType : uint
{
    FS_TO_CLIENT = 0,
    CLIENT_TO_FS = 1,
}
