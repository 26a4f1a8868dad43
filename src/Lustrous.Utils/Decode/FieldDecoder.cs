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
using Lustrous.Idl.Wire;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Utils.Decode;

/// <summary>What a buffer means besides its field: some hang on the lock's type or the opcode.</summary>
readonly record struct FieldContext(uint Opcode, MessageSide Side, LockType LockType);

/// <summary>From a message's buffer to its pieces, by the field that the format has at its place.</summary>
static class FieldDecoder
{
    delegate void Decoder(ref PartReader reader, FieldContext context);

    static readonly Dictionary<MessageField, Decoder> Decoders = Create();

    /// <summary>Whether it is known what a field looks like inside.</summary>
    public static bool Knows(MessageField field) =>
        field is StringField || Decoders.ContainsKey(field) || field.Size == 0;

    public static Part Decode(MessageField field, ReadOnlySpan<byte> buffer, bool swabbed, FieldContext context)
    {
        var reader = new PartReader(buffer, swabbed);
        if (Decoders.TryGetValue(field, out Decoder? decoder))
            decoder(ref reader, context);
        else if (field is StringField)
            reader.Text(field.Label, buffer.Length);
        else
            reader.Bytes(field.Label, buffer.Length);
        return Wrap(field.Label, reader.Finish());
    }

    /// <summary>A buffer that no format has a place for: a newer peer's.</summary>
    public static Part DecodeExtra(ReadOnlySpan<byte> buffer)
    {
        var reader = new PartReader(buffer, swabbed: false);
        return Wrap("extra", reader.Finish());
    }

    static Part Wrap(string label, List<Part> parts) => parts.Count == 1 ? parts[0] : new GroupPart(label, parts);

    static Dictionary<MessageField, Decoder> Create()
    {
        Dictionary<MessageField, Decoder> decoders = [];
        AddBodies(decoders);
        AddLocks(decoders);
        AddManagement(decoders);
        AddVariable(decoders);
        return decoders;
    }

    static void AddBodies(Dictionary<MessageField, Decoder> decoders)
    {
        Struct<PtlrpcBodyV3>(decoders, Rmf.PtlrpcBody);
        Struct<MdtBody>(decoders, Rmf.MdtBody);
        Struct<MdtIoEpoch>(decoders, Rmf.MdtEpoch);
        Struct<CloseData>(decoders, Rmf.CloseData);
        Struct<MdcSwapLayouts>(decoders, Rmf.SwapLayouts);
        Struct<LayoutIntent>(decoders, Rmf.LayoutIntent);
        Struct<OstBody>(decoders, Rmf.OstBody);
        Struct<ObdStatfs>(decoders, Rmf.ObdStatfs);
        Struct<OstId>(decoders, Rmf.OstId);
        Struct<ObdQuotactl>(decoders, Rmf.ObdQuotactl);
        Struct<QuotaBody>(decoders, Rmf.QuotaBody);
        Struct<Fid>(decoders, Rmf.Fid);
        Struct<LuSeqRange>(decoders, Rmf.SeqRange);
        Struct<LuSeqRange>(decoders, Rmf.FldMdfld);
        Struct<LlFiemapInfoKey>(decoders, Rmf.FiemapKey);
        Struct<LadviseHdr>(decoders, Rmf.OstLadviseHdr);
        decoders[Rmf.NiobufInline] = (ref reader, _) =>
        {
            // An open brings the data of a small file on the MDT along.
            if (reader.Struct<NiobufRemote>("niobuf_inline"))
                reader.Bytes("data", reader.Rest.Length);
        };
        Structs<NiobufRemote>(decoders, Rmf.NiobufRemote);
        Structs<ObdIoObj>(decoders, Rmf.ObdIoobj);
        Structs<LuLadvise>(decoders, Rmf.OstLadvise);
        Structs<Fid>(decoders, Rmf.FidArray);
        foreach (MessageField field in new MessageField[]
        {
            Rmf.SeqOpc, Rmf.FldOpc, Rmf.GetinfoVallen, Rmf.Rcs, Rmf.EavalsLens, Rmf.MdsHsmArchive, Rmf.U32,
        })
            decoders[field] = (ref reader, _) => reader.UInt32s(field.Label);
        decoders[Rmf.ObdId] = (ref reader, _) => reader.UInt64s("obd_id", 1);
        decoders[Rmf.RecReint] = ReintDecoder.Decode;
    }

    static void AddLocks(Dictionary<MessageField, Decoder> decoders)
    {
        decoders[Rmf.DlmReq] = (ref reader, _) =>
        {
            reader.Prefix("dlm_req", out LdlmRequest _);
            reader.Structs<LustreHandle>("lock_handle");
        };
        Struct<LdlmReply>(decoders, Rmf.DlmRep);
        Struct<LdlmIntent>(decoders, Rmf.LdlmIntent);
        Struct<LdlmGlDesc>(decoders, Rmf.DlmGlDesc);
        decoders[Rmf.DlmLvb] = LvbDecoder.Decode;
    }

    static void AddManagement(Dictionary<MessageField, Decoder> decoders)
    {
        Struct<LustreHandle>(decoders, Rmf.Conn);
        decoders[Rmf.ConnectData] = (ref reader, _) => reader.Prefix("connect_data", out ObdConnectData _);
        Struct<MgsTargetInfo>(decoders, Rmf.MgsTargetInfo);
        decoders[Rmf.MgsTargetNidlist] = (ref reader, _) =>
        {
            if (reader.Struct("nidlist", out MgsTargetNidList _))
                reader.Text("nids", reader.Rest.Length);
        };
        Struct<MgsConfigBody>(decoders, Rmf.MgsConfigBody);
        Struct<MgsConfigRes>(decoders, Rmf.MgsConfigRes);
        Struct<MgsSendParam>(decoders, Rmf.MgsSendParam);
        Struct<LlogdBody>(decoders, Rmf.LlogdBody);
        Struct<LlogdConnBody>(decoders, Rmf.LlogdConnBody);
        Struct<LlogLogHdr>(decoders, Rmf.LlogLogHdr);
        Structs<LlogCookie>(decoders, Rmf.Logcookies);
        Struct<IdxInfo>(decoders, Rmf.IdxInfo);
        Struct<LfsckRequest>(decoders, Rmf.LfsckRequest);
        Struct<LfsckReply>(decoders, Rmf.LfsckReply);
        Struct<HsmStateSet>(decoders, Rmf.HsmStateSet);
        Struct<HsmUserState>(decoders, Rmf.HsmUserState);
        Struct<HsmCurrentAction>(decoders, Rmf.MdsHsmCurrentAction);
        Struct<HsmProgressKernel>(decoders, Rmf.MdsHsmProgress);
        Struct<HsmRequest>(decoders, Rmf.MdsHsmRequest);
        Structs<HsmUserItem>(decoders, Rmf.MdsHsmUserItem);
    }

    static void AddVariable(Dictionary<MessageField, Decoder> decoders)
    {
        decoders[Rmf.MdtMd] = LayoutDecoder.Decode;
        decoders[Rmf.DefaultMdtMd] = LayoutDecoder.Decode;
        decoders[Rmf.Eadata] = static (ref reader, context) =>
        {
            if (context.Opcode is (uint)LlogOpcode.OriginHandleNextBlock or (uint)LlogOpcode.OriginHandlePrevBlock)
                LlogDecoder.DecodeBlock(ref reader);
            else
                LayoutDecoder.Decode(ref reader, context);
        };
        decoders[Rmf.Acl] = static (ref reader, _) =>
        {
            if (reader.Struct<Lustrous.Idl.Mdt.PosixAclXattrHeader>("acl"))
                reader.Structs<Lustrous.Idl.Mdt.PosixAclXattrEntry>("entry");
        };
        decoders[Rmf.FiemapVal] = static (ref reader, _) =>
        {
            if (reader.Struct<Fiemap>("fiemap"))
                reader.Structs<FiemapExtent>("extent");
        };
        decoders[Rmf.GenericData] = static (ref reader, context) =>
        {
            if (context.Opcode == (uint)FldOpcode.Read)
                reader.Structs<LuSeqRange>("range");
            else
                reader.Bytes("data", reader.Rest.Length);
        };
        decoders[Rmf.ButHeader] = BatchDecoder.DecodeRequest;
        decoders[Rmf.ButReply] = BatchDecoder.DecodeReply;
        Structs<Lustrous.Idl.Mdt.ButUpdateBuffer>(decoders, Rmf.ButBuf);
        decoders[Rmf.OutUpdateHeader] = UpdateDecoder.DecodeHeader;
        decoders[Rmf.OutUpdate] = static (ref reader, _) => UpdateDecoder.DecodeUpdates(ref reader);
        decoders[Rmf.OutUpdateReply] = UpdateDecoder.DecodeReply;
        Structs<Lustrous.Idl.Update.OutUpdateBuffer>(decoders, Rmf.OutUpdateBuf);
    }

    static void Struct<T>(Dictionary<MessageField, Decoder> decoders, MessageField field)
        where T : unmanaged, IWireStruct<T> =>
        decoders[field] = (ref reader, _) =>
        {
            if (reader.Rest.Length > 0)
                reader.Prefix(field.Label, out T _);
        };

    static void Structs<T>(Dictionary<MessageField, Decoder> decoders, MessageField field)
        where T : unmanaged, IWireStruct<T> => decoders[field] = (ref reader, _) => reader.Structs<T>(field.Label);
}
