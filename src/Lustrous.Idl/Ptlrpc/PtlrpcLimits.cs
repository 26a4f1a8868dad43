using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary>Sizes of arrays in message bodies, and where <c>ioo_max_brw</c> keeps its count.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("")]
public static class PtlrpcLimits
{
    public const int PTLRPC_NUM_VERSIONS = 4;
    public const int LUSTRE_JOBID_SIZE = 32;
    public const int IOOBJ_MAX_BRW_BITS = 16;
}
