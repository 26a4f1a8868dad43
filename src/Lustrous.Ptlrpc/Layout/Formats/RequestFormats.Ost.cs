using Lustrous.Idl.Ptlrpc;

namespace Lustrous.Ptlrpc.Layout;

// Object storage targets.
public static partial class RequestFormats
{
    public static readonly RequestFormat OstBrwRead = new(OstOpcode.Read, "OST_BRW_READ",
        request: [Rmf.PtlrpcBody, Rmf.OstBody, Rmf.ObdIoobj, Rmf.NiobufRemote, Rmf.Capa1, Rmf.ShortIo],
        reply: [Rmf.PtlrpcBody, Rmf.OstBody, Rmf.ShortIo]);

    public static readonly RequestFormat OstBrwWrite = new(OstOpcode.Write, "OST_BRW_WRITE",
        request: [Rmf.PtlrpcBody, Rmf.OstBody, Rmf.ObdIoobj, Rmf.NiobufRemote, Rmf.Capa1, Rmf.ShortIo],
        reply: [Rmf.PtlrpcBody, Rmf.OstBody, Rmf.Rcs]);

    public static readonly RequestFormat OstConnect = new(OstOpcode.Connect, "OST_CONNECT",
        request: [Rmf.PtlrpcBody, Rmf.Tgtuuid, Rmf.Cluuid, Rmf.Conn, Rmf.ConnectData, Rmf.SelinuxPol],
        reply: [Rmf.PtlrpcBody, Rmf.ConnectData]);

    public static readonly RequestFormat OstCreate = new(OstOpcode.Create, "OST_CREATE",
        request: [Rmf.PtlrpcBody, Rmf.OstBody],
        reply: [Rmf.PtlrpcBody, Rmf.OstBody]);

    public static readonly RequestFormat OstDestroy = new(OstOpcode.Destroy, "OST_DESTROY",
        request: [Rmf.PtlrpcBody, Rmf.OstBody, Rmf.DlmReq, Rmf.Capa1],
        reply: [Rmf.PtlrpcBody, Rmf.OstBody]);

    public static readonly RequestFormat OstDisconnect = new(OstOpcode.Disconnect, "OST_DISCONNECT",
        request: [Rmf.PtlrpcBody],
        reply: [Rmf.PtlrpcBody]);

    public static readonly RequestFormat OstFallocate = new(OstOpcode.Fallocate, "OST_FALLOCATE",
        request: [Rmf.PtlrpcBody, Rmf.OstBody, Rmf.Capa1],
        reply: [Rmf.PtlrpcBody, Rmf.OstBody]);

    public static readonly RequestFormat OstGetattr = new(OstOpcode.Getattr, "OST_GETATTR",
        request: [Rmf.PtlrpcBody, Rmf.OstBody, Rmf.Capa1],
        reply: [Rmf.PtlrpcBody, Rmf.OstBody]);

    public static readonly RequestFormat OstGetInfo = new(OstOpcode.GetInfo, "OST_GET_INFO",
        request: [Rmf.PtlrpcBody, Rmf.GetinfoKey],
        reply: [Rmf.PtlrpcBody, Rmf.GenericData]);

    public static readonly RequestFormat OstGetInfoFiemap = new(OstOpcode.GetInfo, "OST_GET_INFO_FIEMAP",
        request: [Rmf.PtlrpcBody, Rmf.FiemapKey, Rmf.FiemapVal],
        reply: [Rmf.PtlrpcBody, Rmf.FiemapVal]);

    public static readonly RequestFormat OstGetInfoLastFid = new(OstOpcode.GetInfo, "OST_GET_INFO_LAST_FID",
        request: [Rmf.PtlrpcBody, Rmf.GetinfoKey, Rmf.Fid],
        reply: [Rmf.PtlrpcBody, Rmf.Fid]);

    public static readonly RequestFormat OstGetInfoLastId = new(OstOpcode.GetInfo, "OST_GET_INFO_LAST_ID",
        request: [Rmf.PtlrpcBody, Rmf.GetinfoKey],
        reply: [Rmf.PtlrpcBody, Rmf.ObdId]);

    public static readonly RequestFormat OstLadvise = new(OstOpcode.Ladvise, "OST_LADVISE",
        request: [Rmf.PtlrpcBody, Rmf.OstBody, Rmf.OstLadviseHdr, Rmf.OstLadvise],
        reply: [Rmf.PtlrpcBody, Rmf.OstBody]);

    public static readonly RequestFormat OstPunch = new(OstOpcode.Punch, "OST_PUNCH",
        request: [Rmf.PtlrpcBody, Rmf.OstBody, Rmf.Capa1],
        reply: [Rmf.PtlrpcBody, Rmf.OstBody]);

    public static readonly RequestFormat OstQuotactl = new(OstOpcode.Quotactl, "OST_QUOTACTL",
        request: [Rmf.PtlrpcBody, Rmf.ObdQuotactl],
        reply: [Rmf.PtlrpcBody, Rmf.ObdQuotactl, Rmf.ObdQuotaIter]);

    public static readonly RequestFormat OstSeek = new(OstOpcode.Seek, "OST_SEEK",
        request: [Rmf.PtlrpcBody, Rmf.OstBody],
        reply: [Rmf.PtlrpcBody, Rmf.OstBody]);

    public static readonly RequestFormat OstSetattr = new(OstOpcode.Setattr, "OST_SETATTR",
        request: [Rmf.PtlrpcBody, Rmf.OstBody, Rmf.Capa1],
        reply: [Rmf.PtlrpcBody, Rmf.OstBody]);

    public static readonly RequestFormat OstSetGrantInfo = new(OstOpcode.SetInfo, "OST_SET_GRANT_INFO",
        request: [Rmf.PtlrpcBody, Rmf.SetinfoKey, Rmf.OstBody],
        reply: [Rmf.PtlrpcBody, Rmf.OstBody]);

    public static readonly RequestFormat OstSetInfoLastFid = new(OstOpcode.SetInfo, "OST_SET_INFO_LAST_FID",
        request: [Rmf.PtlrpcBody, Rmf.SetinfoKey, Rmf.SetinfoVal],
        reply: [Rmf.PtlrpcBody]);

    public static readonly RequestFormat OstStatfs = new(OstOpcode.Statfs, "OST_STATFS",
        request: [Rmf.PtlrpcBody],
        reply: [Rmf.PtlrpcBody, Rmf.ObdStatfs]);

    public static readonly RequestFormat OstSync = new(OstOpcode.Sync, "OST_SYNC",
        request: [Rmf.PtlrpcBody, Rmf.OstBody, Rmf.Capa1],
        reply: [Rmf.PtlrpcBody, Rmf.OstBody]);
}
