using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary>Opcodes of the FID location database.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("FLD_")]
public enum FldOpcode : uint
{
    Query = 900,
    Read = 901,
}
