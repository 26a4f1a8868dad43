using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ptlrpc;

namespace Lustrous.Ptlrpc.Layout;

// The lock manager, with the intents that ride on an enqueue.
public static partial class RequestFormats
{
    public static readonly RequestFormat ButGetattr = new(BatchUpdateCommand.Getattr, "MDS_BATCH_GETATTR",
        request: [Rmf.DlmReq, Rmf.LdlmIntent, Rmf.MdtBody, Rmf.Capa1, Rmf.Name, Rmf.FileSecCtxName],
        reply: [Rmf.DlmRep, Rmf.MdtBody, Rmf.MdtMd, Rmf.Acl, Rmf.Capa1, Rmf.FileSecCtx, Rmf.DefaultMdtMd,
            Rmf.FileEncCtx]);

    public static readonly RequestFormat LdlmBlCallback = new(LdlmOpcode.BlCallback, "LDLM_BL_CALLBACK",
        request: [Rmf.PtlrpcBody, Rmf.DlmReq],
        reply: [Rmf.PtlrpcBody]);

    public static readonly RequestFormat LdlmCallback = new(LdlmOpcode.BlCallback, "LDLM_CALLBACK",
        request: [Rmf.PtlrpcBody, Rmf.DlmReq],
        reply: [Rmf.PtlrpcBody]);

    public static readonly RequestFormat LdlmCancel = new(LdlmOpcode.Cancel, "LDLM_CANCEL",
        request: [Rmf.PtlrpcBody, Rmf.DlmReq],
        reply: [Rmf.PtlrpcBody]);

    public static readonly RequestFormat LdlmConvert = new(LdlmOpcode.Convert, "LDLM_CONVERT",
        request: [Rmf.PtlrpcBody, Rmf.DlmReq],
        reply: [Rmf.PtlrpcBody, Rmf.DlmRep]);

    public static readonly RequestFormat LdlmCpCallback = new(LdlmOpcode.CpCallback, "LDLM_CP_CALLBACK",
        request: [Rmf.PtlrpcBody, Rmf.DlmReq, Rmf.DlmLvb],
        reply: [Rmf.PtlrpcBody]);

    public static readonly RequestFormat LdlmEnqueue = new(LdlmOpcode.Enqueue, "LDLM_ENQUEUE",
        request: [Rmf.PtlrpcBody, Rmf.DlmReq],
        reply: [Rmf.PtlrpcBody, Rmf.DlmRep, Rmf.DlmLvb]);

    public static readonly RequestFormat LdlmEnqueueLvb = new(LdlmOpcode.Enqueue, "LDLM_ENQUEUE_LVB",
        request: [Rmf.PtlrpcBody, Rmf.DlmReq],
        reply: [Rmf.PtlrpcBody, Rmf.DlmRep, Rmf.DlmLvb]);

    public static readonly RequestFormat LdlmGlCallback = new(LdlmOpcode.GlCallback, "LDLM_GL_CALLBACK",
        request: [Rmf.PtlrpcBody, Rmf.DlmReq],
        reply: [Rmf.PtlrpcBody, Rmf.DlmLvb]);

    public static readonly RequestFormat LdlmGlCallbackDesc = new(LdlmOpcode.GlCallback, "LDLM_GL_CALLBACK",
        request: [Rmf.PtlrpcBody, Rmf.DlmReq, Rmf.DlmGlDesc],
        reply: [Rmf.PtlrpcBody, Rmf.DlmLvb]);

    public static readonly RequestFormat LdlmIntent = new(LdlmOpcode.Enqueue, "LDLM_INTENT",
        request: [Rmf.PtlrpcBody, Rmf.DlmReq, Rmf.LdlmIntent, Rmf.RecReint],
        reply: [Rmf.PtlrpcBody, Rmf.DlmRep, Rmf.MdtBody, Rmf.MdtMd, Rmf.Acl]);

    public static readonly RequestFormat LdlmIntentBasic = new(LdlmOpcode.Enqueue, "LDLM_INTENT_BASIC",
        request: [Rmf.PtlrpcBody, Rmf.DlmReq, Rmf.LdlmIntent],
        reply: [Rmf.PtlrpcBody, Rmf.DlmRep, Rmf.DlmLvb]);

    public static readonly RequestFormat LdlmIntentCreate = new(LdlmOpcode.Enqueue, "LDLM_INTENT_CREATE",
        request: [Rmf.PtlrpcBody, Rmf.DlmReq, Rmf.LdlmIntent, Rmf.RecReint, Rmf.Capa1, Rmf.Name, Rmf.Eadata,
            Rmf.FileSecCtxName, Rmf.FileSecCtx, Rmf.SelinuxPol, Rmf.FileEncCtx],
        reply: [Rmf.PtlrpcBody, Rmf.DlmRep, Rmf.MdtBody, Rmf.MdtMd, Rmf.Acl, Rmf.Capa1, Rmf.FileSecCtx,
            Rmf.DefaultMdtMd, Rmf.FileEncCtx]);

    public static readonly RequestFormat LdlmIntentGetattr = new(LdlmOpcode.Enqueue, "LDLM_INTENT_GETATTR",
        request: [Rmf.PtlrpcBody, Rmf.DlmReq, Rmf.LdlmIntent, Rmf.MdtBody, Rmf.Capa1, Rmf.Name, Rmf.FileSecCtxName],
        reply: [Rmf.PtlrpcBody, Rmf.DlmRep, Rmf.MdtBody, Rmf.MdtMd, Rmf.Acl, Rmf.Capa1, Rmf.FileSecCtx,
            Rmf.DefaultMdtMd, Rmf.FileEncCtx]);

    public static readonly RequestFormat LdlmIntentGetxattr = new(LdlmOpcode.Enqueue, "LDLM_INTENT_GETXATTR",
        request: [Rmf.PtlrpcBody, Rmf.DlmReq, Rmf.LdlmIntent, Rmf.MdtBody, Rmf.Capa1, Rmf.SelinuxPol],
        reply: [Rmf.PtlrpcBody, Rmf.DlmRep, Rmf.MdtBody, Rmf.MdtMd, Rmf.Acl, Rmf.Eadata, Rmf.Eavals, Rmf.EavalsLens]);

    public static readonly RequestFormat LdlmIntentLayout = new(LdlmOpcode.Enqueue, "LDLM_INTENT_LAYOUT",
        request: [Rmf.PtlrpcBody, Rmf.DlmReq, Rmf.LdlmIntent, Rmf.LayoutIntent, Rmf.Eadata],
        reply: [Rmf.PtlrpcBody, Rmf.DlmRep, Rmf.DlmLvb]);

    public static readonly RequestFormat LdlmIntentOpen = new(LdlmOpcode.Enqueue, "LDLM_INTENT_OPEN",
        request: [Rmf.PtlrpcBody, Rmf.DlmReq, Rmf.LdlmIntent, Rmf.RecReint, Rmf.Capa1, Rmf.Capa2, Rmf.Name,
            Rmf.Eadata, Rmf.FileSecCtxName, Rmf.FileSecCtx, Rmf.SelinuxPol, Rmf.FileEncCtx],
        reply: [Rmf.PtlrpcBody, Rmf.DlmRep, Rmf.MdtBody, Rmf.MdtMd, Rmf.Acl, Rmf.Capa1, Rmf.Capa2, Rmf.NiobufInline,
            Rmf.FileSecCtx, Rmf.FileEncCtx, Rmf.DefaultMdtMd]);

    public static readonly RequestFormat LdlmIntentQuota = new(LdlmOpcode.Enqueue, "LDLM_INTENT_QUOTA",
        request: [Rmf.PtlrpcBody, Rmf.DlmReq, Rmf.LdlmIntent, Rmf.QuotaBody],
        reply: [Rmf.PtlrpcBody, Rmf.DlmRep, Rmf.DlmLvb, Rmf.QuotaBody]);
}
