using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary>Opcodes of reading a remote llog.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("LLOG_")]
public enum LlogOpcode : uint
{
    OriginHandleCreate = 501,
    OriginHandleNextBlock = 502,
    OriginHandleReadHeader = 503,
    OriginHandlePrevBlock = 508,
    OriginHandleDestroy = 509,
}
