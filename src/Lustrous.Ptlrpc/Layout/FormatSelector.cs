using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ptlrpc;

namespace Lustrous.Ptlrpc.Layout;

/// <summary>
/// Finds the format of a request from its opcode and, where one opcode has several, from what stands in it: the intent
/// of an enqueue, the operation of a reint, the key of a SET_INFO.
/// </summary>
/// <remarks>
/// A server knows which formats each of its portals can see and extends them step by step; this is for whoever has only
/// the bytes. Nothing in them is trusted: what is too short to tell gets the opcode's plain format.
/// </remarks>
public static class FormatSelector
{
    const int OpcodeOffset = 16;            // in ptlrpc_body
    const uint HasIntent = (uint)LockFlags.HAS_INTENT;

    /// <summary>The opcode that stands in the message's ptlrpc_body; 0 when it has none.</summary>
    public static uint Opcode(in LustreMessage message) => ReadUInt32(message, 0, OpcodeOffset);

    /// <summary>The format of a request; null when the opcode is not known.</summary>
    public static RequestFormat? OfRequest(in LustreMessage request)
    {
        uint opcode = Opcode(request);
        return OfFamily(request, opcode) ?? OfOpcode(opcode);
    }

    /// <summary>The format of a sub-request of a batch.</summary>
    public static RequestFormat? OfSubRequest(in LustreMessage subRequest) =>
        subRequest.SubOpcode == (uint)BatchUpdateCommand.Getattr ? RequestFormats.ButGetattr : null;

    /// <summary>The format of an opcode that has but one, or the one that the others extend.</summary>
    public static RequestFormat? OfOpcode(uint opcode) =>
        opcode switch
        {
            < (uint)MdsOpcode.Getattr => OfOst((OstOpcode)opcode),
            < (uint)LdlmOpcode.Enqueue => OfMds((MdsOpcode)opcode),
            _ => OfOther(opcode),
        };

    static RequestFormat? OfFamily(in LustreMessage request, uint opcode) => opcode switch
    {
        (uint)LdlmOpcode.Enqueue => OfEnqueue(request),
        (uint)LdlmOpcode.GlCallback when request.BufferCount > 2 => RequestFormats.LdlmGlCallbackDesc,
        (uint)MdsOpcode.Reint => OfReint(request),
        (uint)MdsOpcode.Close when request.BufferCount > 4 => RequestFormats.MdsCloseIntent,
        (uint)MdsOpcode.Statfs when request.BufferCount > 1 => RequestFormats.MdsStatfsNew,
        (uint)MdsOpcode.SetInfo when request.BufferCount > 3 => RequestFormats.MdtSetInfo,
        (uint)MdsOpcode.GetInfo when HasKey(request, "fid2path"u8) => RequestFormats.MdsFid2path,
        (uint)OstOpcode.GetInfo when HasKey(request, "fiemap"u8) => RequestFormats.OstGetInfoFiemap,
        (uint)OstOpcode.GetInfo when HasKey(request, "last_id"u8) => RequestFormats.OstGetInfoLastId,
        (uint)OstOpcode.GetInfo when HasKey(request, "last_fid"u8) => RequestFormats.OstGetInfoLastFid,
        (uint)OstOpcode.SetInfo when HasKey(request, "grant_shrink"u8) => RequestFormats.OstSetGrantInfo,
        (uint)OstOpcode.SetInfo when HasKey(request, "last_fid"u8) => RequestFormats.OstSetInfoLastFid,
        (uint)MgsOpcode.TargetReg when request.BufferCount > 2 => RequestFormats.MgsTargetRegNidlist,
        _ => null,
    };

    /// <summary>The intent that stands after the lock request; none for a plain lock.</summary>
    public static IntentOps Intent(in LustreMessage request)
    {
        // ldlm_request starts with lock_flags. An OST's glimpse has the flag and no intent buffer.
        bool announced = (ReadUInt32(request, 1, 0) & HasIntent) != 0;
        return announced && request.BufferLength(2) >= sizeof(ulong) ? (IntentOps)ReadUInt64(request, 2, 0) : 0;
    }

    /// <summary>The same of a request whose format is known: one within a batch has no body in front.</summary>
    public static IntentOps Intent(RequestCapsule capsule)
    {
        ArgumentNullException.ThrowIfNull(capsule);
        if (!ReferenceEquals(capsule.Format, RequestFormats.ButGetattr))
            return Intent(capsule.Request);
        return capsule.TryGet(Rmf.LdlmIntent, MessageSide.Request, out LdlmIntent intent) ? intent.Opcode : 0;
    }

    static RequestFormat OfEnqueue(in LustreMessage request)
    {
        IntentOps intent = Intent(request);
        if (intent == 0)
            return RequestFormats.LdlmEnqueue;
        if ((intent & IntentOps.OPEN) != 0)
            return RequestFormats.LdlmIntentOpen;
        if ((intent & IntentOps.CREAT) != 0)
            return RequestFormats.LdlmIntentCreate;
        if ((intent & (IntentOps.GETATTR | IntentOps.LOOKUP | IntentOps.READDIR)) != 0)
            return RequestFormats.LdlmIntentGetattr;
        if ((intent & IntentOps.GETXATTR) != 0)
            return RequestFormats.LdlmIntentGetxattr;
        if ((intent & IntentOps.LAYOUT) != 0)
            return RequestFormats.LdlmIntentLayout;
        if ((intent & (IntentOps.QUOTA_DQACQ | IntentOps.QUOTA_CONN)) != 0)
            return RequestFormats.LdlmIntentQuota;
        return RequestFormats.LdlmIntentBasic;
    }

    /// <summary>What an MDS_REINT does; 0 when it is too short to say.</summary>
    public static ReintOp Reint(in LustreMessage request) => (ReintOp)ReadUInt32(request, 1, 0);

    static RequestFormat OfReint(in LustreMessage request) => Reint(request) switch
    {
        ReintOp.Setattr => RequestFormats.MdsReintSetattr,
        // All creates look alike up to NAME; a symbolic link's target then stands where others have EADATA.
        ReintOp.Create => IsSymlink(request) ? RequestFormats.MdsReintCreateSym : RequestFormats.MdsReintCreateAcl,
        ReintOp.Link => RequestFormats.MdsReintLink,
        ReintOp.Unlink or ReintOp.Rmentry => RequestFormats.MdsReintUnlink,
        ReintOp.Rename => RequestFormats.MdsReintRename,
        ReintOp.Open => RequestFormats.MdsReintOpen,
        ReintOp.Setxattr => RequestFormats.MdsReintSetxattr,
        ReintOp.Migrate => RequestFormats.MdsReintMigrate,
        ReintOp.Resync => RequestFormats.MdsReintResync,
        _ => RequestFormats.MdsReint,
    };

    static bool IsSymlink(in LustreMessage request)
    {
        const int ModeOffset = 112;          // mdt_rec_create.cr_mode
        return (ReadUInt32(request, 1, ModeOffset) & 0xf000) == 0xa000;
    }

    static RequestFormat? OfOst(OstOpcode opcode) => opcode switch
    {
        OstOpcode.Getattr => RequestFormats.OstGetattr,
        OstOpcode.Setattr => RequestFormats.OstSetattr,
        OstOpcode.Read => RequestFormats.OstBrwRead,
        OstOpcode.Write => RequestFormats.OstBrwWrite,
        OstOpcode.Create => RequestFormats.OstCreate,
        OstOpcode.Destroy => RequestFormats.OstDestroy,
        OstOpcode.GetInfo => RequestFormats.OstGetInfo,
        OstOpcode.Connect => RequestFormats.OstConnect,
        OstOpcode.Disconnect => RequestFormats.OstDisconnect,
        OstOpcode.Punch => RequestFormats.OstPunch,
        OstOpcode.Statfs => RequestFormats.OstStatfs,
        OstOpcode.Sync => RequestFormats.OstSync,
        OstOpcode.SetInfo => RequestFormats.ObdSetInfo,
        OstOpcode.Quotactl => RequestFormats.OstQuotactl,
        OstOpcode.Ladvise => RequestFormats.OstLadvise,
        OstOpcode.Fallocate => RequestFormats.OstFallocate,
        OstOpcode.Seek => RequestFormats.OstSeek,
        _ => null,
    };

    static RequestFormat? OfMds(MdsOpcode opcode) => opcode switch
    {
        MdsOpcode.Getattr => RequestFormats.MdsGetattr,
        MdsOpcode.GetattrName => RequestFormats.MdsGetattrName,
        MdsOpcode.Close => RequestFormats.MdsClose,
        MdsOpcode.Reint => RequestFormats.MdsReint,
        MdsOpcode.Readpage => RequestFormats.MdsReadpage,
        MdsOpcode.Connect => RequestFormats.MdsConnect,
        MdsOpcode.Disconnect => RequestFormats.MdsDisconnect,
        MdsOpcode.GetRoot => RequestFormats.MdsGetRoot,
        MdsOpcode.Statfs => RequestFormats.MdsStatfs,
        MdsOpcode.Sync => RequestFormats.MdsSync,
        MdsOpcode.SetInfo => RequestFormats.ObdSetInfo,
        MdsOpcode.Quotactl => RequestFormats.MdsQuotactl,
        MdsOpcode.Getxattr => RequestFormats.MdsGetxattr,
        MdsOpcode.GetInfo => RequestFormats.MdsGetInfo,
        MdsOpcode.HsmStateGet => RequestFormats.MdsHsmStateGet,
        MdsOpcode.HsmStateSet => RequestFormats.MdsHsmStateSet,
        MdsOpcode.HsmAction => RequestFormats.MdsHsmAction,
        MdsOpcode.HsmProgress => RequestFormats.MdsHsmProgress,
        MdsOpcode.HsmRequest => RequestFormats.MdsHsmRequest,
        MdsOpcode.HsmCtRegister => RequestFormats.MdsHsmCtRegister,
        MdsOpcode.HsmCtUnregister => RequestFormats.MdsHsmCtUnregister,
        MdsOpcode.SwapLayouts => RequestFormats.MdsSwapLayouts,
        MdsOpcode.Rmfid => RequestFormats.MdsRmfid,
        MdsOpcode.Batch => RequestFormats.MdsBatch,
        MdsOpcode.HsmDataVersion => RequestFormats.MdsHsmDataVersion,
        _ => null,
    };

    static RequestFormat? OfOther(uint opcode) => opcode switch
    {
        (uint)LdlmOpcode.Enqueue => RequestFormats.LdlmEnqueue,
        (uint)LdlmOpcode.Convert => RequestFormats.LdlmConvert,
        (uint)LdlmOpcode.Cancel => RequestFormats.LdlmCancel,
        (uint)LdlmOpcode.BlCallback => RequestFormats.LdlmBlCallback,
        (uint)LdlmOpcode.CpCallback => RequestFormats.LdlmCpCallback,
        (uint)LdlmOpcode.GlCallback => RequestFormats.LdlmGlCallback,
        (uint)LdlmOpcode.SetInfo => RequestFormats.ObdSetInfo,
        (uint)MgsOpcode.Connect => RequestFormats.Connect,
        (uint)MgsOpcode.Disconnect => RequestFormats.MdsDisconnect,
        (uint)MgsOpcode.TargetReg => RequestFormats.MgsTargetReg,
        (uint)MgsOpcode.SetInfo => RequestFormats.MgsSetInfo,
        (uint)MgsOpcode.ConfigRead => RequestFormats.MgsConfigRead,
        (uint)ObdOpcode.Ping => RequestFormats.ObdPing,
        (uint)ObdOpcode.IdxRead => RequestFormats.ObdIdxRead,
        (uint)LlogOpcode.OriginHandleCreate => RequestFormats.LlogOriginHandleCreate,
        (uint)LlogOpcode.OriginHandleNextBlock => RequestFormats.LlogOriginHandleNextBlock,
        (uint)LlogOpcode.OriginHandlePrevBlock => RequestFormats.LlogOriginHandlePrevBlock,
        (uint)LlogOpcode.OriginHandleReadHeader => RequestFormats.LlogOriginHandleReadHeader,
        (uint)QuotaOpcode.Dqacq => RequestFormats.QuotaDqacq,
        (uint)SeqOpcode.Query => RequestFormats.SeqQuery,
        (uint)FldOpcode.Query => RequestFormats.FldQuery,
        (uint)FldOpcode.Read => RequestFormats.FldRead,
        (uint)OutOpcode.Update => RequestFormats.OutUpdate,
        (uint)LfsckOpcode.Notify => RequestFormats.LfsckNotify,
        (uint)LfsckOpcode.Query => RequestFormats.LfsckQuery,
        (uint)SecOpcode.CtxInit or (uint)SecOpcode.CtxInitCont or (uint)SecOpcode.CtxFini => RequestFormats.SecCtx,
        _ => null,
    };

    // Keys are strings, with a NUL or other bytes after them.
    static bool HasKey(in LustreMessage request, ReadOnlySpan<byte> key)
    {
        ReadOnlySpan<byte> buffer = request.Buffer(1);
        return buffer.StartsWith(key) && (buffer.Length == key.Length || buffer[key.Length] == 0);
    }

    static uint ReadUInt32(in LustreMessage message, int index, int offset)
    {
        ReadOnlySpan<byte> buffer = message.Buffer(index);
        if (buffer.Length < offset + sizeof(uint))
            return 0;
        uint value = MemoryMarshal.Read<uint>(buffer[offset..]);
        return message.IsSwabbed ? BinaryPrimitives.ReverseEndianness(value) : value;
    }

    static ulong ReadUInt64(in LustreMessage message, int index, int offset)
    {
        ReadOnlySpan<byte> buffer = message.Buffer(index);
        if (buffer.Length < offset + sizeof(ulong))
            return 0;
        ulong value = MemoryMarshal.Read<ulong>(buffer[offset..]);
        return message.IsSwabbed ? BinaryPrimitives.ReverseEndianness(value) : value;
    }
}
