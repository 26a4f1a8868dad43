using Lustrous.Idl.Ptlrpc;

namespace Lustrous.Ptlrpc.Layout;

// Metadata targets.
public static partial class RequestFormats
{
    public static readonly RequestFormat MdsBatch = new(MdsOpcode.Batch, "MDS_BATCH",
        request: [Rmf.PtlrpcBody, Rmf.ButHeader, Rmf.ButBuf],
        reply: [Rmf.PtlrpcBody, Rmf.ButReply]);

    public static readonly RequestFormat MdsClose = new(MdsOpcode.Close, "MDS_CLOSE",
        request: [Rmf.PtlrpcBody, Rmf.MdtEpoch, Rmf.RecReint, Rmf.Capa1],
        reply: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.MdtMd, Rmf.Logcookies, Rmf.Capa1, Rmf.Capa2]);

    public static readonly RequestFormat MdsCloseIntent = new(MdsOpcode.Close, "MDS_CLOSE_INTENT",
        request: [Rmf.PtlrpcBody, Rmf.MdtEpoch, Rmf.RecReint, Rmf.Capa1, Rmf.CloseData, Rmf.U32],
        reply: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.MdtMd, Rmf.Logcookies, Rmf.Capa1, Rmf.Capa2]);

    public static readonly RequestFormat MdsConnect = new(MdsOpcode.Connect, "MDS_CONNECT",
        request: [Rmf.PtlrpcBody, Rmf.Tgtuuid, Rmf.Cluuid, Rmf.Conn, Rmf.ConnectData, Rmf.SelinuxPol],
        reply: [Rmf.PtlrpcBody, Rmf.ConnectData]);

    public static readonly RequestFormat MdsDisconnect = new(MdsOpcode.Disconnect, "MDS_DISCONNECT",
        request: [Rmf.PtlrpcBody],
        reply: [Rmf.PtlrpcBody]);

    public static readonly RequestFormat MdsFid2path = new(MdsOpcode.GetInfo, "MDS_FID2PATH",
        request: [Rmf.PtlrpcBody, Rmf.GetinfoKey, Rmf.GetinfoVallen],
        reply: [Rmf.PtlrpcBody, Rmf.GetinfoVal]);

    public static readonly RequestFormat MdsGetattr = new(MdsOpcode.Getattr, "MDS_GETATTR",
        request: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.Capa1],
        reply: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.MdtMd, Rmf.Acl, Rmf.Capa1, Rmf.Capa2, Rmf.FileEncCtx]);

    public static readonly RequestFormat MdsGetattrName = new(MdsOpcode.GetattrName, "MDS_GETATTR_NAME",
        request: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.Capa1, Rmf.Name],
        reply: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.MdtMd, Rmf.Acl, Rmf.Capa1, Rmf.Capa2, Rmf.FileEncCtx]);

    public static readonly RequestFormat MdsGetxattr = new(MdsOpcode.Getxattr, "MDS_GETXATTR",
        request: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.Capa1, Rmf.Name, Rmf.Eadata, Rmf.SelinuxPol],
        reply: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.Eadata]);

    public static readonly RequestFormat MdsGetInfo = new(MdsOpcode.GetInfo, "MDS_GET_INFO",
        request: [Rmf.PtlrpcBody, Rmf.GetinfoKey, Rmf.GetinfoVal],
        reply: [Rmf.PtlrpcBody, Rmf.GetinfoVal]);

    public static readonly RequestFormat MdsGetRoot = new(MdsOpcode.GetRoot, "MDS_GET_ROOT",
        request: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.Name],
        reply: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.Capa1]);

    public static readonly RequestFormat MdsQuotactl = new(MdsOpcode.Quotactl, "MDS_QUOTACTL",
        request: [Rmf.PtlrpcBody, Rmf.ObdQuotactl],
        reply: [Rmf.PtlrpcBody, Rmf.ObdQuotactl, Rmf.ObdQuotaIter]);

    public static readonly RequestFormat MdsReadpage = new(MdsOpcode.Readpage, "MDS_READPAGE",
        request: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.Capa1],
        reply: [Rmf.PtlrpcBody, Rmf.MdtBody]);

    public static readonly RequestFormat MdsRmfid = new(MdsOpcode.Rmfid, "MDS_RMFID",
        request: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.FidArray, Rmf.Capa1, Rmf.Capa2],
        reply: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.FidArray, Rmf.Rcs]);

    public static readonly RequestFormat MdsStatfs = new(MdsOpcode.Statfs, "MDS_STATFS",
        request: [Rmf.PtlrpcBody],
        reply: [Rmf.PtlrpcBody, Rmf.ObdStatfs]);

    public static readonly RequestFormat MdsStatfsNew = new(MdsOpcode.Statfs, "MDS_STATFS_NEW",
        request: [Rmf.PtlrpcBody, Rmf.MdtBody],
        reply: [Rmf.PtlrpcBody, Rmf.ObdStatfs]);

    public static readonly RequestFormat MdsSwapLayouts = new(MdsOpcode.SwapLayouts, "MDS_SWAP_LAYOUTS",
        request: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.SwapLayouts, Rmf.Capa1, Rmf.Capa2, Rmf.DlmReq],
        reply: [Rmf.PtlrpcBody]);

    public static readonly RequestFormat MdsSync = new(MdsOpcode.Sync, "MDS_SYNC",
        request: [Rmf.PtlrpcBody, Rmf.MdtBody, Rmf.Capa1],
        reply: [Rmf.PtlrpcBody, Rmf.MdtBody]);

    public static readonly RequestFormat MdtSetInfo = new(MdsOpcode.SetInfo, "MDT_SET_INFO",
        request: [Rmf.PtlrpcBody, Rmf.SetinfoKey, Rmf.SetinfoVal, Rmf.MdtBody],
        reply: [Rmf.PtlrpcBody]);
}
