using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary><c>pb_version</c>: message version in the lower half, service in the upper.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("LUSTRE_")]
public enum LustreMsgVersion : uint
{
    [WireName("PTLRPC_MSG_VERSION")]
    PTLRPC_MSG_VERSION = 3,
    OBD_VERSION = 0x10000,
    MDS_VERSION = 131072,
    OST_VERSION = 196608,
    DLM_VERSION = 262144,
    LOG_VERSION = 327680,
    MGS_VERSION = 393216,
}

/// <summary>
/// Values of <see cref="LustreMsgVersion"/> that combine, bound or repeat others: apart, so that it prints as its
/// parts.
/// </summary>
[WireName("LUSTRE_")]
public static class LustreMsgVersionMasks
{
    public const LustreMsgVersion VERSION_MASK = (LustreMsgVersion)0xFFFF0000;
}
