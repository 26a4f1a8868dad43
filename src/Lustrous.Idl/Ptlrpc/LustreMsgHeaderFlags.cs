using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary><c>lm_flags</c> of the message header.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("MSGHDR_")]
public enum LustreMsgHeaderFlags : uint
{
    /// <summary>The sender expects an early reply at offset 0 and the real one behind it.</summary>
    AT_SUPPORT = 0x1,
    CKSUM_INCOMPAT18 = 0x2,
}
