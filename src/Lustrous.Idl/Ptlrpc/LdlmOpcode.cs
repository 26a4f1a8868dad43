using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary>Opcodes of the lock manager, both ways.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("LDLM_")]
public enum LdlmOpcode : uint
{
    Enqueue = 101,
    Convert = 102,
    Cancel = 103,
    /// <summary>Server to client: give the lock back.</summary>
    BlCallback = 104,
    /// <summary>Server to client: the lock is granted.</summary>
    CpCallback = 105,
    /// <summary>Server to client: tell the size you know.</summary>
    GlCallback = 106,
    SetInfo = 107,
}
