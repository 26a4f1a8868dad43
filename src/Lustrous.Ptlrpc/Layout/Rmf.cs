using System.Buffers.Binary;
namespace Lustrous.Ptlrpc.Layout;

/// <summary>
/// Every kind of buffer that messages are made of (RMF_*), in alphabetical order. The peer's word is never taken for a
/// size: how each is checked stands in its flags.
/// </summary>
/// <remarks>Source: lustre/ptlrpc/layout.c; checked against tests/fixtures/wire/message-fields-2.17.57.tsv.</remarks>
public static class Rmf
{
    // An empty layout with one object (MIN_MD_SIZE): the room that is left for layouts in replies until more is known.
    const int MinMdSize = 56;

    public static readonly BytesField Acl = new("acl");
    public static readonly BytesField ButBuf = new("but_update_buf", 8, RmfFlags.StructArray);
    public static readonly BytesField ButHeader = new("but_update_header");
    public static readonly BytesField ButReply = new("batch_update_reply");
    public static readonly BytesField Capa1 = new("capa", 0);
    public static readonly BytesField Capa2 = new("capa", 0);
    public static readonly BytesField CloseData = new("data_version", 96);
    public static readonly StringField Cluuid = new("cluuid", maxLength: 39);
    public static readonly BytesField Conn = new("conn", 8);
    public static readonly BytesField ConnectData = new("cdata", 192, RmfFlags.NoSizeCheck);
    public static readonly BytesField DefaultMdtMd = new("default_mdt_md", MinMdSize, RmfFlags.NoSizeCheck);
    public static readonly BytesField DlmGlDesc = new("dlm_gl_desc", 64);
    public static readonly BytesField DlmLvb = new("dlm_lvb");
    public static readonly BytesField DlmRep = new("dlm_rep", 112);
    public static readonly BytesField DlmReq = new("dlm_req", 88, RmfFlags.NoSizeCheck);
    public static readonly BytesField Eadata = new("eadata");
    public static readonly BytesField Eavals = new("eavals");
    public static readonly ArrayField<uint> EavalsLens = new("eavals_lens", Reverse);
    public static readonly BytesField Fid = new("fid", 16);
    public static readonly BytesField FidArray = new("fid_array");
    public static readonly BytesField FiemapKey = new("fiemap_key", 248);
    public static readonly BytesField FiemapVal = new("fiemap");
    public static readonly BytesField FileEncCtx = new("file_encctx", flags: RmfFlags.NoSizeCheck);
    public static readonly BytesField FileSecCtx = new("file_secctx", flags: RmfFlags.NoSizeCheck);
    public static readonly StringField FileSecCtxName = new("file_secctx_name");
    public static readonly BytesField FldMdfld = new("fld_query_mdfld", 24);
    public static readonly StructField<uint> FldOpc = new("fld_query_opc", Reverse);
    public static readonly BytesField GenericData = new("generic_data");
    public static readonly BytesField GetinfoKey = new("getinfo_key");
    public static readonly BytesField GetinfoVal = new("getinfo_val");
    public static readonly StructField<uint> GetinfoVallen = new("getinfo_vallen", Reverse);
    public static readonly BytesField HsmStateSet = new("hsm_state_set", 24);
    public static readonly BytesField HsmUserState = new("hsm_user_state", 32);
    public static readonly BytesField IdxInfo = new("idx_info", 80);
    public static readonly BytesField LayoutIntent = new("layout_intent", 24);
    public static readonly BytesField LdlmIntent = new("ldlm_intent", 8);
    public static readonly BytesField LfsckReply = new("lfsck_reply", 16);
    public static readonly BytesField LfsckRequest = new("lfsck_request", 96);
    public static readonly BytesField LlogdBody = new("llogd_body", 48);
    public static readonly BytesField LlogdConnBody = new("llogd_conn_body", 40);
    public static readonly BytesField LlogLogHdr = new("llog_log_hdr", 8192);
    public static readonly BytesField Logcookies = new("logcookies", 32, RmfFlags.NoSizeCheck);
    public static readonly ArrayField<uint> MdsHsmArchive = new("hsm_archive", Reverse);
    public static readonly BytesField MdsHsmCurrentAction = new("hsm_current_action", 24);
    public static readonly BytesField MdsHsmProgress = new("hsm_progress", 64);
    public static readonly BytesField MdsHsmRequest = new("hsm_request", 24);
    public static readonly BytesField MdsHsmUserItem = new("hsm_user_item", 32, RmfFlags.StructArray);
    public static readonly BytesField MdtBody = new("mdt_body", 216);
    public static readonly BytesField MdtEpoch = new("mdt_ioepoch", 24);
    public static readonly BytesField MdtMd = new("mdt_md", MinMdSize, RmfFlags.NoSizeCheck);
    public static readonly BytesField MgsConfigBody = new("mgs_config_read request", 80);
    public static readonly BytesField MgsConfigRes = new("mgs_config_read reply ", 16);
    public static readonly BytesField MgsSendParam = new("mgs_send_param", 1024);
    public static readonly BytesField MgsTargetInfo = new("mgs_target_info", 4544);
    public static readonly BytesField MgsTargetNidlist = new("mgs_target_nidlist", 8);
    public static readonly StringField Name = new("name");
    public static readonly BytesField NiobufInline = new("niobuf_inline", 16, RmfFlags.NoSizeCheck);
    public static readonly BytesField NiobufRemote = new("niobuf_remote", 16, RmfFlags.StructArray);
    public static readonly StructField<ulong> ObdId = new("obd_id", Reverse);
    public static readonly BytesField ObdIoobj = new("obd_ioobj", 24, RmfFlags.StructArray);
    public static readonly BytesField ObdQuotactl = new("obd_quotactl", 112);
    public static readonly BytesField ObdQuotaIter = new("quota_iter_key");
    public static readonly BytesField ObdStatfs = new("obd_statfs", 144);
    public static readonly BytesField OstBody = new("ost_body", 208);
    public static readonly BytesField OstId = new("ost_id", 16);
    public static readonly BytesField OstLadvise = new("ladvise_request", 32, RmfFlags.StructArray);
    public static readonly BytesField OstLadviseHdr = new("ladvise_request", 32);
    public static readonly BytesField OutUpdate = new("object_update");
    public static readonly BytesField OutUpdateBuf = new("update_buf", 8, RmfFlags.StructArray);
    public static readonly BytesField OutUpdateHeader = new("out_update_header");
    public static readonly BytesField OutUpdateReply = new("object_update_reply");
    public static readonly BytesField PtlrpcBody = new("ptlrpc_body", 184);
    public static readonly BytesField QuotaBody = new("quota_body", 112);
    public static readonly ArrayField<uint> Rcs = new("niobuf_rcs", Reverse);
    public static readonly BytesField RecReint = new("rec_reint", 136);
    public static readonly StringField SelinuxPol = new("selinux_pol");
    public static readonly StructField<uint> SeqOpc = new("seq_query_opc", Reverse);
    public static readonly BytesField SeqRange = new("seq_query_range", 24);
    public static readonly BytesField SetinfoKey = new("setinfo_key");
    public static readonly BytesField SetinfoVal = new("setinfo_val");
    public static readonly BytesField ShortIo = new("short_io");
    public static readonly StringField String = new("string");
    public static readonly BytesField SwapLayouts = new("swap_layouts", 24);
    public static readonly BytesField Symtgt = new("symtgt");
    public static readonly StringField Tgtuuid = new("tgtuuid", maxLength: 39);
    public static readonly ArrayField<uint> U32 = new("generic u32", Reverse);

    static uint Reverse(in uint value) => BinaryPrimitives.ReverseEndianness(value);

    static ulong Reverse(in ulong value) => BinaryPrimitives.ReverseEndianness(value);
}
