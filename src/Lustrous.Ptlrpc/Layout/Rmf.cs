using System.Buffers.Binary;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Hsm;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Lfsck;
using Lustrous.Idl.Llog;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Mgs;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Idl.Quota;
using Lustrous.Idl.Update;

namespace Lustrous.Ptlrpc.Layout;

/// <summary>
/// Every kind of buffer that messages are made of (RMF_*), in alphabetical order. The peer's word is never taken for a
/// size: how each is checked stands in its flags.
/// </summary>
/// <remarks>Source: lustre/ptlrpc/layout.c; checked against tests/fixtures/wire/message-fields-2.17.57.tsv.</remarks>
public static class Rmf
{
    // Peers before Lustre 2.5 send a body without the job id.
    const int PtlrpcBodyV2Size = 152;

    // Room for two handles, as LDLM_LOCKREQ_HANDLES; cancels ride along as more of them.
    const int DlmReqSize = 104;

    // An empty layout with one object (MIN_MD_SIZE): the room that is left for layouts in replies until more is known.
    const int MinMdSize = 56;

    public static readonly BytesField Acl = new("acl");
    public static readonly ArrayField<ButUpdateBuffer> ButBuf = new("but_update_buf", ButUpdateBuffer.Swab);
    public static readonly BytesField ButHeader = new("but_update_header");
    public static readonly BytesField ButReply = new("batch_update_reply");
    public static readonly BytesField Capa1 = new("capa", 0);
    public static readonly BytesField Capa2 = new("capa", 0);
    public static readonly StructField<CloseData> CloseData = new("data_version", Idl.Mdt.CloseData.Swab);
    public static readonly StringField Cluuid = new("cluuid", maxLength: 39);
    public static readonly StructField<LustreHandle> Conn = new("conn", Same);
    public static readonly StructField<ObdConnectData> ConnectData =
        new("cdata", ObdConnectData.Swab, RmfFlags.NoSizeCheck);
    public static readonly BytesField DefaultMdtMd = new("default_mdt_md", MinMdSize, RmfFlags.NoSizeCheck);
    public static readonly StructField<LdlmGlDesc> DlmGlDesc = new("dlm_gl_desc", LdlmGlDesc.Swab);
    public static readonly BytesField DlmLvb = new("dlm_lvb");
    public static readonly StructField<LdlmReply> DlmRep = new("dlm_rep", LdlmReply.Swab);
    public static readonly StructField<LdlmRequest> DlmReq =
        new("dlm_req", LdlmRequest.Swab, RmfFlags.NoSizeCheck, size: DlmReqSize);
    public static readonly BytesField Eadata = new("eadata");
    public static readonly BytesField Eavals = new("eavals");
    public static readonly ArrayField<uint> EavalsLens = new("eavals_lens", Reverse);
    public static readonly StructField<Fid> Fid = new("fid", Idl.Fids.Fid.Swab);
    public static readonly BytesField FidArray = new("fid_array");
    public static readonly StructField<LlFiemapInfoKey> FiemapKey = new("fiemap_key", LlFiemapInfoKey.Swab);
    public static readonly BytesField FiemapVal = new("fiemap");
    public static readonly BytesField FileEncCtx = new("file_encctx", flags: RmfFlags.NoSizeCheck);
    public static readonly BytesField FileSecCtx = new("file_secctx", flags: RmfFlags.NoSizeCheck);
    public static readonly StringField FileSecCtxName = new("file_secctx_name");
    public static readonly StructField<LuSeqRange> FldMdfld = new("fld_query_mdfld", LuSeqRange.Swab);
    public static readonly StructField<uint> FldOpc = new("fld_query_opc", Reverse);
    public static readonly BytesField GenericData = new("generic_data");
    public static readonly BytesField GetinfoKey = new("getinfo_key");
    public static readonly BytesField GetinfoVal = new("getinfo_val");
    public static readonly StructField<uint> GetinfoVallen = new("getinfo_vallen", Reverse);
    public static readonly StructField<HsmStateSet> HsmStateSet = new("hsm_state_set", Idl.Hsm.HsmStateSet.Swab);
    public static readonly StructField<HsmUserState> HsmUserState = new("hsm_user_state", Idl.Hsm.HsmUserState.Swab);
    public static readonly StructField<IdxInfo> IdxInfo = new("idx_info", Idl.Mdt.IdxInfo.Swab);
    public static readonly StructField<LayoutIntent> LayoutIntent = new("layout_intent", Idl.Mdt.LayoutIntent.Swab);
    public static readonly StructField<LdlmIntent> LdlmIntent = new("ldlm_intent", Idl.Ldlm.LdlmIntent.Swab);
    public static readonly StructField<LfsckReply> LfsckReply = new("lfsck_reply", Idl.Lfsck.LfsckReply.Swab);
    public static readonly StructField<LfsckRequest> LfsckRequest = new("lfsck_request", Idl.Lfsck.LfsckRequest.Swab);
    public static readonly StructField<LlogdBody> LlogdBody = new("llogd_body", Idl.Llog.LlogdBody.Swab);
    public static readonly StructField<LlogdConnBody> LlogdConnBody =
        new("llogd_conn_body", Idl.Llog.LlogdConnBody.Swab);
    public static readonly StructField<LlogLogHdr> LlogLogHdr = new("llog_log_hdr", Idl.Llog.LlogLogHdr.Swab);
    public static readonly StructField<LlogCookie> Logcookies =
        new("logcookies", LlogCookie.Swab, RmfFlags.NoSizeCheck);
    public static readonly ArrayField<uint> MdsHsmArchive = new("hsm_archive", Reverse);
    public static readonly StructField<HsmCurrentAction> MdsHsmCurrentAction =
        new("hsm_current_action", HsmCurrentAction.Swab);
    public static readonly StructField<HsmProgressKernel> MdsHsmProgress =
        new("hsm_progress", HsmProgressKernel.Swab);
    public static readonly StructField<HsmRequest> MdsHsmRequest = new("hsm_request", HsmRequest.Swab);
    public static readonly ArrayField<HsmUserItem> MdsHsmUserItem = new("hsm_user_item", HsmUserItem.Swab);
    public static readonly StructField<MdtBody> MdtBody = new("mdt_body", Idl.Mdt.MdtBody.Swab);
    public static readonly StructField<MdtIoEpoch> MdtEpoch = new("mdt_ioepoch", MdtIoEpoch.Swab);
    public static readonly BytesField MdtMd = new("mdt_md", MinMdSize, RmfFlags.NoSizeCheck);
    public static readonly StructField<MgsConfigBody> MgsConfigBody =
        new("mgs_config_read request", Idl.Mgs.MgsConfigBody.Swab);
    public static readonly StructField<MgsConfigRes> MgsConfigRes =
        new("mgs_config_read reply ", Idl.Mgs.MgsConfigRes.Swab);
    public static readonly StructField<MgsSendParam> MgsSendParam = new("mgs_send_param", Idl.Mgs.MgsSendParam.Swab);
    public static readonly StructField<MgsTargetInfo> MgsTargetInfo =
        new("mgs_target_info", Idl.Mgs.MgsTargetInfo.Swab);
    public static readonly StructField<MgsTargetNidList> MgsTargetNidlist =
        new("mgs_target_nidlist", MgsTargetNidList.Swab);
    public static readonly StringField Name = new("name");
    public static readonly StructField<NiobufRemote> NiobufInline =
        new("niobuf_inline", Idl.Ost.NiobufRemote.Swab, RmfFlags.NoSizeCheck);
    public static readonly ArrayField<NiobufRemote> NiobufRemote = new("niobuf_remote", Idl.Ost.NiobufRemote.Swab);
    public static readonly StructField<ulong> ObdId = new("obd_id", Reverse);
    public static readonly ArrayField<ObdIoObj> ObdIoobj = new("obd_ioobj", ObdIoObj.Swab);
    public static readonly StructField<ObdQuotactl> ObdQuotactl = new("obd_quotactl", Idl.Quota.ObdQuotactl.Swab);
    public static readonly BytesField ObdQuotaIter = new("quota_iter_key");
    public static readonly StructField<ObdStatfs> ObdStatfs = new("obd_statfs", Idl.Ost.ObdStatfs.Swab);
    public static readonly StructField<OstBody> OstBody = new("ost_body", Idl.Ost.OstBody.Swab);
    public static readonly StructField<OstId> OstId = new("ost_id", Idl.Fids.OstId.Swab);
    public static readonly ArrayField<LuLadvise> OstLadvise = new("ladvise_request", LuLadvise.Swab);
    public static readonly StructField<LadviseHdr> OstLadviseHdr = new("ladvise_request", LadviseHdr.Swab);
    public static readonly BytesField OutUpdate = new("object_update");
    public static readonly ArrayField<OutUpdateBuffer> OutUpdateBuf = new("update_buf", OutUpdateBuffer.Swab);
    public static readonly BytesField OutUpdateHeader = new("out_update_header");
    public static readonly BytesField OutUpdateReply = new("object_update_reply");
    public static readonly StructField<PtlrpcBodyV3> PtlrpcBody =
        new("ptlrpc_body", PtlrpcBodyV3.Swab, minimumSize: PtlrpcBodyV2Size);
    public static readonly StructField<QuotaBody> QuotaBody = new("quota_body", Idl.Quota.QuotaBody.Swab);
    public static readonly ArrayField<uint> Rcs = new("niobuf_rcs", Reverse);
    public static readonly StructField<MdtRecReint> RecReint = new("rec_reint", MdtRecReint.Swab);
    public static readonly StringField SelinuxPol = new("selinux_pol");
    public static readonly StructField<uint> SeqOpc = new("seq_query_opc", Reverse);
    public static readonly StructField<LuSeqRange> SeqRange = new("seq_query_range", LuSeqRange.Swab);
    public static readonly BytesField SetinfoKey = new("setinfo_key");
    public static readonly BytesField SetinfoVal = new("setinfo_val");
    public static readonly BytesField ShortIo = new("short_io");
    public static readonly StringField String = new("string");
    public static readonly StructField<MdcSwapLayouts> SwapLayouts =
        new("swap_layouts", MdcSwapLayouts.Swab, minimumSize: 8);
    public static readonly BytesField Symtgt = new("symtgt");
    public static readonly StringField Tgtuuid = new("tgtuuid", maxLength: 39);
    public static readonly ArrayField<uint> U32 = new("generic u32", Reverse);

    static uint Reverse(in uint value) => BinaryPrimitives.ReverseEndianness(value);

    static ulong Reverse(in ulong value) => BinaryPrimitives.ReverseEndianness(value);

    // A handle is the peer's own; nobody else looks into it.
    static LustreHandle Same(in LustreHandle value) => value;
}
