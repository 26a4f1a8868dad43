using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary>Places of well-known buffers in a message.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("")]
public static class PtlrpcOffsets
{
    public const int MSG_PTLRPC_BODY_OFF = 0;
    public const int REQ_REC_OFF = 1;
    public const int REPLY_REC_OFF = 1;
    public const int DLM_LOCKREQ_OFF = 1;
    public const int DLM_REQ_REC_OFF = 2;
    public const int DLM_INTENT_IT_OFF = 2;
    public const int DLM_INTENT_REC_OFF = 3;
    public const int DLM_LOCKREPLY_OFF = 1;
    public const int DLM_REPLY_REC_OFF = 2;
    public const int MSG_PTLRPC_HEADER_OFF = 31;
}
