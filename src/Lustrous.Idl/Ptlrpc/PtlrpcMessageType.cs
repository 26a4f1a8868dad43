using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary>Request or reply: <c>pb_type</c>.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("PTL_RPC_MSG_")]
public enum PtlrpcMessageType : uint
{
    Request = 4711,
    /// <summary>A reply to a request that was not processed at all.</summary>
    Err = 4712,
    Reply = 4713,
}
