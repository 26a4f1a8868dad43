using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary><c>pb_op_flags</c> of a connect request and its reply.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("MSG_CONNECT_")]
public enum MsgConnectFlags : uint
{
    RECOVERING = 0x1,
    RECONNECT = 0x2,
    REPLAYABLE = 0x4,
    LIBCLIENT = 0x10,
    INITIAL = 0x20,
    NEXT_VER = 0x80,
    TRANSNO = 0x100,
}
