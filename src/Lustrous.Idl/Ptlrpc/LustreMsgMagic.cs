using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary>Magic of a message header; the reversed one is from a peer of the other byte order.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("LUSTRE_MSG_MAGIC_")]
public enum LustreMsgMagic : uint
{
    V2 = 0xBD00BD3,
    V2_SWABBED = 0xD30BD00B,
}
