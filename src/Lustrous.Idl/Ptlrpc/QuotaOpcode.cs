using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary>Opcodes between quota slaves and the quota master.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("QUOTA_")]
public enum QuotaOpcode : uint
{
    Dqacq = 601,
    Dqrel = 602,
}
