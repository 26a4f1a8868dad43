using Lustrous.Idl.Ptlrpc;

namespace Lustrous.Ptlrpc.Layout;

// Changes of the name space: MDS_REINT by its reint opcode.
public static partial class RequestFormats
{
    public static readonly RequestFormat MdsReint = new(MdsOpcode.Reint, "MDS_REINT",
        request: [Rmf.PtlrpcBody, Rmf.RecReint],
        reply: [Rmf.PtlrpcBody, Rmf.MdtBody]);

    public static readonly RequestFormat MdsReintCreate = new(MdsOpcode.Reint, "MDS_REINT_CREATE",
        request: [Rmf.PtlrpcBody, Rmf.RecReint, Rmf.Capa1, Rmf.Name],
        reply: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.Capa1]);

    public static readonly RequestFormat MdsReintCreateAcl = new(MdsOpcode.Reint, "MDS_REINT_CREATE_ACL",
        request: [Rmf.PtlrpcBody, Rmf.RecReint, Rmf.Capa1, Rmf.Name, Rmf.Eadata, Rmf.DlmReq, Rmf.FileSecCtxName,
            Rmf.FileSecCtx, Rmf.SelinuxPol, Rmf.FileEncCtx],
        reply: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.Capa1, Rmf.MdtMd]);

    public static readonly RequestFormat MdsReintCreateSlave = new(MdsOpcode.Reint, "MDS_REINT_CREATE_EA",
        request: [Rmf.PtlrpcBody, Rmf.RecReint, Rmf.Capa1, Rmf.Name, Rmf.Eadata, Rmf.DlmReq],
        reply: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.Capa1]);

    public static readonly RequestFormat MdsReintCreateSym = new(MdsOpcode.Reint, "MDS_REINT_CREATE_SYM",
        request: [Rmf.PtlrpcBody, Rmf.RecReint, Rmf.Capa1, Rmf.Name, Rmf.Symtgt, Rmf.DlmReq, Rmf.FileSecCtxName,
            Rmf.FileSecCtx, Rmf.SelinuxPol, Rmf.FileEncCtx],
        reply: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.Capa1]);

    public static readonly RequestFormat MdsReintLink = new(MdsOpcode.Reint, "MDS_REINT_LINK",
        request: [Rmf.PtlrpcBody, Rmf.RecReint, Rmf.Capa1, Rmf.Capa2, Rmf.Name, Rmf.DlmReq, Rmf.SelinuxPol],
        reply: [Rmf.PtlrpcBody, Rmf.MdtBody]);

    public static readonly RequestFormat MdsReintMigrate = new(MdsOpcode.Reint, "MDS_REINT_MIGRATE",
        request: [Rmf.PtlrpcBody, Rmf.RecReint, Rmf.Capa1, Rmf.Capa2, Rmf.Name, Rmf.Symtgt, Rmf.DlmReq,
            Rmf.SelinuxPol, Rmf.MdtEpoch, Rmf.CloseData, Rmf.Eadata],
        reply: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.MdtMd, Rmf.Logcookies, Rmf.Capa1, Rmf.Capa2]);

    public static readonly RequestFormat MdsReintOpen = new(MdsOpcode.Reint, "MDS_REINT_OPEN",
        request: [Rmf.PtlrpcBody, Rmf.RecReint, Rmf.Capa1, Rmf.Capa2, Rmf.Name, Rmf.Eadata, Rmf.FileSecCtxName,
            Rmf.FileSecCtx, Rmf.SelinuxPol, Rmf.FileEncCtx],
        reply: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.MdtMd, Rmf.Acl, Rmf.Capa1, Rmf.Capa2]);

    public static readonly RequestFormat MdsReintRename = new(MdsOpcode.Reint, "MDS_REINT_RENAME",
        request: [Rmf.PtlrpcBody, Rmf.RecReint, Rmf.Capa1, Rmf.Capa2, Rmf.Name, Rmf.Symtgt, Rmf.DlmReq, Rmf.SelinuxPol],
        reply: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.MdtMd, Rmf.Logcookies, Rmf.Capa1, Rmf.Capa2]);

    public static readonly RequestFormat MdsReintResync = new(MdsOpcode.Reint, "MDS_REINT_RESYNC",
        request: [Rmf.PtlrpcBody, Rmf.RecReint, Rmf.DlmReq],
        reply: [Rmf.PtlrpcBody, Rmf.MdtBody]);

    public static readonly RequestFormat MdsReintSetattr = new(MdsOpcode.Reint, "MDS_REINT_SETATTR",
        request: [Rmf.PtlrpcBody, Rmf.RecReint, Rmf.Capa1, Rmf.MdtEpoch, Rmf.Eadata, Rmf.Logcookies, Rmf.DlmReq],
        reply: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.MdtMd, Rmf.Acl, Rmf.Capa1, Rmf.Capa2]);

    public static readonly RequestFormat MdsReintSetxattr = new(MdsOpcode.Reint, "MDS_REINT_SETXATTR",
        request: [Rmf.PtlrpcBody, Rmf.RecReint, Rmf.Capa1, Rmf.Name, Rmf.Eadata, Rmf.DlmReq, Rmf.SelinuxPol],
        reply: [Rmf.PtlrpcBody, Rmf.MdtBody]);

    public static readonly RequestFormat MdsReintUnlink = new(MdsOpcode.Reint, "MDS_REINT_UNLINK",
        request: [Rmf.PtlrpcBody, Rmf.RecReint, Rmf.Capa1, Rmf.Name, Rmf.DlmReq, Rmf.SelinuxPol],
        reply: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.MdtMd, Rmf.Logcookies, Rmf.Capa1, Rmf.Capa2]);
}
