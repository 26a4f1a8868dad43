using Lustrous.Idl.Ptlrpc;

namespace Lustrous.Ptlrpc.Layout;

// Every service, management server, llog, sequences, quota, checks.
public static partial class RequestFormats
{
    public static readonly RequestFormat Connect = new(MgsOpcode.Connect, "CONNECT",
        request: [Rmf.PtlrpcBody, Rmf.Tgtuuid, Rmf.Cluuid, Rmf.Conn, Rmf.ConnectData, Rmf.SelinuxPol],
        reply: [Rmf.PtlrpcBody, Rmf.ConnectData]);

    public static readonly RequestFormat FldQuery = new(FldOpcode.Query, "FLD_QUERY",
        request: [Rmf.PtlrpcBody, Rmf.FldOpc, Rmf.FldMdfld],
        reply: [Rmf.PtlrpcBody, Rmf.FldMdfld]);

    public static readonly RequestFormat FldRead = new(FldOpcode.Read, "FLD_READ",
        request: [Rmf.PtlrpcBody, Rmf.FldMdfld],
        reply: [Rmf.PtlrpcBody, Rmf.GenericData]);

    public static readonly RequestFormat LfsckNotify = new(LfsckOpcode.Notify, "LFSCK_NOTIFY",
        request: [Rmf.PtlrpcBody, Rmf.LfsckRequest],
        reply: [Rmf.PtlrpcBody]);

    public static readonly RequestFormat LfsckQuery = new(LfsckOpcode.Query, "LFSCK_QUERY",
        request: [Rmf.PtlrpcBody, Rmf.LfsckRequest],
        reply: [Rmf.PtlrpcBody, Rmf.LfsckReply]);

    public static readonly RequestFormat LlogOriginHandleCreate =
        new(LlogOpcode.OriginHandleCreate, "LLOG_ORIGIN_HANDLE_CREATE",
        request: [Rmf.PtlrpcBody, Rmf.LlogdBody, Rmf.Name, Rmf.MdtBody],
        reply: [Rmf.PtlrpcBody, Rmf.LlogdBody]);

    public static readonly RequestFormat LlogOriginHandleNextBlock =
        new(LlogOpcode.OriginHandleNextBlock, "LLOG_ORIGIN_HANDLE_NEXT_BLOCK",
        request: [Rmf.PtlrpcBody, Rmf.LlogdBody],
        reply: [Rmf.PtlrpcBody, Rmf.LlogdBody, Rmf.Eadata]);

    public static readonly RequestFormat LlogOriginHandlePrevBlock =
        new(LlogOpcode.OriginHandlePrevBlock, "LLOG_ORIGIN_HANDLE_PREV_BLOCK",
        request: [Rmf.PtlrpcBody, Rmf.LlogdBody],
        reply: [Rmf.PtlrpcBody, Rmf.LlogdBody, Rmf.Eadata]);

    public static readonly RequestFormat LlogOriginHandleReadHeader =
        new(LlogOpcode.OriginHandleReadHeader, "LLOG_ORIGIN_HANDLE_READ_HEADER",
        request: [Rmf.PtlrpcBody, Rmf.LlogdBody],
        reply: [Rmf.PtlrpcBody, Rmf.LlogLogHdr]);

    public static readonly RequestFormat MgsConfigRead = new(MgsOpcode.ConfigRead, "MGS_CONFIG_READ",
        request: [Rmf.PtlrpcBody, Rmf.MgsConfigBody],
        reply: [Rmf.PtlrpcBody, Rmf.MgsConfigRes]);

    public static readonly RequestFormat MgsSetInfo = new(MgsOpcode.SetInfo, "MGS_SET_INFO",
        request: [Rmf.PtlrpcBody, Rmf.MgsSendParam],
        reply: [Rmf.PtlrpcBody, Rmf.MgsSendParam]);

    public static readonly RequestFormat MgsTargetReg = new(MgsOpcode.TargetReg, "MGS_TARGET_REG",
        request: [Rmf.PtlrpcBody, Rmf.MgsTargetInfo],
        reply: [Rmf.PtlrpcBody, Rmf.MgsTargetInfo]);

    public static readonly RequestFormat MgsTargetRegNidlist = new(MgsOpcode.TargetReg, "MGS_TARGET_REG_NIDLIST",
        request: [Rmf.PtlrpcBody, Rmf.MgsTargetInfo, Rmf.MgsTargetNidlist],
        reply: [Rmf.PtlrpcBody, Rmf.MgsTargetInfo]);

    public static readonly RequestFormat ObdIdxRead = new(ObdOpcode.IdxRead, "OBD_IDX_READ",
        request: [Rmf.PtlrpcBody, Rmf.IdxInfo],
        reply: [Rmf.PtlrpcBody, Rmf.IdxInfo]);

    public static readonly RequestFormat ObdPing = new(ObdOpcode.Ping, "OBD_PING",
        request: [Rmf.PtlrpcBody],
        reply: [Rmf.PtlrpcBody]);

    public static readonly RequestFormat ObdSetInfo = new(MdsOpcode.SetInfo, "OBD_SET_INFO",
        request: [Rmf.PtlrpcBody, Rmf.SetinfoKey, Rmf.SetinfoVal],
        reply: [Rmf.PtlrpcBody]);

    public static readonly RequestFormat OutUpdate = new(OutOpcode.Update, "OUT_UPDATE",
        request: [Rmf.PtlrpcBody, Rmf.OutUpdateHeader, Rmf.OutUpdateBuf],
        reply: [Rmf.PtlrpcBody, Rmf.OutUpdateReply]);

    public static readonly RequestFormat QuotaDqacq = new(QuotaOpcode.Dqacq, "QUOTA_DQACQ",
        request: [Rmf.PtlrpcBody, Rmf.QuotaBody],
        reply: [Rmf.PtlrpcBody, Rmf.QuotaBody]);

    public static readonly RequestFormat SecCtx = new(SecOpcode.CtxInit, "SEC_CTX",
        request: [Rmf.PtlrpcBody],
        reply: [Rmf.PtlrpcBody]);

    public static readonly RequestFormat SeqQuery = new(SeqOpcode.Query, "SEQ_QUERY",
        request: [Rmf.PtlrpcBody, Rmf.SeqOpc, Rmf.SeqRange],
        reply: [Rmf.PtlrpcBody, Rmf.SeqRange]);
}
