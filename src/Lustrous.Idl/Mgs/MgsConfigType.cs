using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mgs;

/// <summary>Which configuration log MGS_CONFIG_READ is about, and the last word of its lock.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("MGS_CFG_T_")]
public enum MgsConfigType : ushort
{
    Config = 0,
    Sptlrpc = 1,
    Recover = 2,
    Params = 3,
    Nodemap = 4,
    Barrier = 5,
}
