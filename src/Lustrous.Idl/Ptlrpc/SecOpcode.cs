using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary>Opcodes of the security context.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("SEC_")]
public enum SecOpcode : uint
{
    CtxInit = 801,
    CtxInitCont = 802,
    CtxFini = 803,
}
