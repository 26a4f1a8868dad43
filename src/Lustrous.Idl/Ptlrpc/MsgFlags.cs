using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary>
/// <c>pb_flags</c>: how a request stands in recovery, and which optional fields of the body hold a value.
/// </summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("MSG_")]
public enum MsgFlags : uint
{
    /// <summary>Sent before, no reply seen.</summary>
    RESENT = 0x2,
    /// <summary>Answered before, sent again in recovery.</summary>
    REPLAY = 0x4,
    REQ_REPLAY_DONE = 0x40,
    LOCK_REPLAY_DONE = 0x80,
    CLIENT_BANNED = 0x100,
    PACK_UID_GID = 0x200,
    PACK_PROJID = 0x400,
}
