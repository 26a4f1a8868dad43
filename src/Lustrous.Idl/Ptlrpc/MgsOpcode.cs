using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary>Opcodes of the management server.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("MGS_")]
public enum MgsOpcode : uint
{
    Connect = 250,
    Disconnect = 251,
    Exception = 252,
    TargetReg = 253,
    TargetDel = 254,
    SetInfo = 255,
    ConfigRead = 256,
}
