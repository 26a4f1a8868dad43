using Lustrous.Idl.Ptlrpc;

namespace Lustrous.Ptlrpc.Layout;

// Hierarchical storage management.
public static partial class RequestFormats
{
    public static readonly RequestFormat MdsHsmAction = new(MdsOpcode.HsmAction, "MDS_HSM_ACTION",
        request: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.Capa1],
        reply: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.MdsHsmCurrentAction]);

    public static readonly RequestFormat MdsHsmCtRegister = new(MdsOpcode.HsmCtRegister, "MDS_HSM_CT_REGISTER",
        request: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.MdsHsmArchive],
        reply: [Rmf.PtlrpcBody]);

    public static readonly RequestFormat MdsHsmCtUnregister = new(MdsOpcode.HsmCtUnregister, "MDS_HSM_CT_UNREGISTER",
        request: [Rmf.PtlrpcBody, Rmf.MdtBody],
        reply: [Rmf.PtlrpcBody]);

    public static readonly RequestFormat MdsHsmDataVersion = new(MdsOpcode.HsmDataVersion, "MDS_HSM_DATA_VERSION",
        request: [Rmf.PtlrpcBody, Rmf.MdtBody],
        reply: [Rmf.PtlrpcBody]);

    public static readonly RequestFormat MdsHsmProgress = new(MdsOpcode.HsmProgress, "MDS_HSM_PROGRESS",
        request: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.MdsHsmProgress],
        reply: [Rmf.PtlrpcBody]);

    public static readonly RequestFormat MdsHsmRequest = new(MdsOpcode.HsmRequest, "MDS_HSM_REQUEST",
        request: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.MdsHsmRequest, Rmf.MdsHsmUserItem, Rmf.GenericData],
        reply: [Rmf.PtlrpcBody]);

    public static readonly RequestFormat MdsHsmStateGet = new(MdsOpcode.HsmStateGet, "MDS_HSM_STATE_GET",
        request: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.Capa1],
        reply: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.HsmUserState]);

    public static readonly RequestFormat MdsHsmStateSet = new(MdsOpcode.HsmStateSet, "MDS_HSM_STATE_SET",
        request: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.Capa1, Rmf.HsmStateSet],
        reply: [Rmf.PtlrpcBody]);
}
