using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary>Opcodes between the LFSCK instances of the targets.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("LFSCK_")]
public enum LfsckOpcode : uint
{
    Notify = 1101,
    Query = 1102,
}
