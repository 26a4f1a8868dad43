using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary>Opcodes every target answers.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("OBD_")]
public enum ObdOpcode : uint
{
    Ping = 400,
    IdxRead = 403,
}
