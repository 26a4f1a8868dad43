using System.Numerics;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Llog;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Ptlrpc.Server;

/// <summary>
/// Replies that a kernel client does not survive, or that lead it astray: its assertions trust the server. In debug
/// builds, and so in every test, each reply is looked at before it is sent, so that a bug of ours is our assertion and
/// never their panic.
/// </summary>
/// <remarks>What is fatal where: ptlrpc_connect_interpret and client_connect_import of lustre/ptlrpc/import.c,
/// mdc_finish_intent_lock of lustre/mdc/mdc_locks.c, osc_brw_fini_request of lustre/osc/osc_request.c,
/// llog_process_thread of lustre/obdclass/llog.c, client_common_fill_super of lustre/llite/llite_lib.c.</remarks>
public static class ReplyGuard
{
    const int PageSize = 4096;
    const int SmallestLogChunk = 8192;
    const int MaxErrno = 4095;

    /// <summary>Which rule a reply breaks; null for none.</summary>
    /// <param name="capsule">Request and reply with their format; the reply may be missing.</param>
    /// <param name="opcode">Of the request.</param>
    /// <param name="status">What becomes <c>pb_status</c>.</param>
    public static string? Violation(RequestCapsule capsule, uint opcode, int status)
    {
        ArgumentNullException.ThrowIfNull(capsule);
        if (StatusRule(opcode, status) is { } broken)
            return broken;
        if (capsule.Format is null || !capsule.HasMessage(MessageSide.Reply) || status < 0)
            return null;
        return opcode switch
        {
            (uint)MdsOpcode.Connect => ConnectRule(capsule) ?? MdtConnectRule(capsule),
            (uint)OstOpcode.Connect or (uint)MgsOpcode.Connect => ConnectRule(capsule),
            (uint)MdsOpcode.Statfs or (uint)OstOpcode.Statfs => StatfsRule(capsule),
            (uint)LdlmOpcode.Enqueue => EnqueueRule(capsule),
            (uint)OstOpcode.Read => ReadRule(capsule, status),
            (uint)LlogOpcode.OriginHandleReadHeader => LogHeaderRule(capsule),
            (uint)MdsOpcode.GetRoot => RootRule(capsule),
            _ => LayoutRule(capsule),
        };
    }

    static string? StatusRule(uint opcode, int status)
    {
        if (status < -MaxErrno)
            return "a status that is no errno";
        if (status <= 0)
            return null;
        return opcode switch
        {
            (uint)OstOpcode.Read => null,                                                 // bytes
            (uint)LdlmOpcode.Cancel => null,                                            // ESTALE, which is not negated
            (uint)LdlmOpcode.Enqueue or (uint)LdlmOpcode.Convert =>
                status is >= (int)LdlmStatus.LOCK_CHANGED and <= (int)LdlmStatus.LOCK_WOULDBLOCK
                    ? null
                    : "a status of an enqueue that no client knows",
            _ => "a status above 0 where only errors are one",
        };
    }

    static string? ConnectRule(RequestCapsule capsule)
    {
        if (!capsule.TryGet(Rmf.ConnectData, MessageSide.Request, out ObdConnectData asked)
            || !capsule.TryGet(Rmf.ConnectData, MessageSide.Reply, out ObdConnectData granted))
            return null;
        ConnectFlags flags = granted.ConnectFlags;
        if ((flags & ~asked.ConnectFlags) != 0 || (granted.ConnectFlags2 & ~asked.ConnectFlags2) != 0)
            return "a connect flag that was not asked for";
        if ((flags & ConnectFlags.PINGLESS) != 0)
            return "PINGLESS: the client would not ping any more";
        if ((flags & ConnectFlags.BRW_SIZE) != 0 && granted.BrwSize < PageSize)
            return "BRW_SIZE with less than a page";
        if ((flags & ConnectFlags.CKSUM) != 0 && (granted.ChecksumTypes & asked.ChecksumTypes) == 0)
            return "CKSUM without a type in common";
        if ((flags & ConnectFlags.GRANT_PARAM) != 0 && (granted.GrantBlockBits == 0 || granted.GrantMaxBlocks == 0))
            return "GRANT_PARAM without its parameters";
        if ((flags & ConnectFlags.MULTIMODRPCS) != 0 && granted.MaxModifyRpcs == 0)
            return "MULTIMODRPCS without any";
        return (flags & ConnectFlags.IBITS) != 0
            && (granted.InodeBitsKnown == 0 || (granted.InodeBitsKnown & ~asked.InodeBitsKnown) != 0)
            ? "IBITS with other bits than were asked for"
            : null;
    }

    static string? MdtConnectRule(RequestCapsule capsule)
    {
        const ConnectFlags needed = ConnectFlags.FID | ConnectFlags.ATTRFID | ConnectFlags.FULL20;
        return capsule.TryGet(Rmf.ConnectData, MessageSide.Request, out ObdConnectData asked)
            && capsule.TryGet(Rmf.ConnectData, MessageSide.Reply, out ObdConnectData granted)
            && (asked.ConnectFlags & needed & ~granted.ConnectFlags) != 0
            ? "an MDT without FID, ATTRFID or FULL20"
            : null;
    }

    static string? StatfsRule(RequestCapsule capsule) =>
        capsule.TryGet(Rmf.ObdStatfs, MessageSide.Reply, out ObdStatfs statfs) && statfs.BlockSize == 0
            ? "statfs without a block size"
            : null;

    static string? EnqueueRule(RequestCapsule capsule)
    {
        if (!capsule.TryGet(Rmf.DlmRep, MessageSide.Reply, out LdlmReply reply))
            return null;
        IntentOps intent = FormatSelector.Intent(capsule.Request);
        const IntentOps byObject = IntentOps.OPEN | IntentOps.CREAT | IntentOps.GETATTR | IntentOps.LOOKUP;
        if ((intent & byObject) == 0 || !capsule.HasField(Rmf.MdtBody, MessageSide.Reply))
            return null;
        var did = (Dispositions)reply.PolicyResult1;
        if ((did & Dispositions.IT_EXECD) == 0 && reply.PolicyResult2 == 0)
            return "an intent neither executed nor refused";
        if ((did & Dispositions.OPEN_CREATE) != 0 && (intent & IntentOps.CREAT) == 0)
            return "an open that creates without being asked to";
        if (!capsule.TryGet(Rmf.MdtBody, MessageSide.Reply, out MdtBody body))
            return null;
        bool hasLock = reply.Handle.Cookie != 0 && reply.Desc.GrantedMode != 0;
        bool isNamed = (body.Valid & MdtValid.FLID) != 0 && !body.Fid1.IsZero;
        if (hasLock && isNamed && reply.PolicyResult2 == 0
            && reply.Desc.Resource.Name != LdlmResId.FromFid(body.Fid1))
            return "a lock of another object than the one described";
        bool hasDom = hasLock && (reply.Desc.PolicyData.InodeBits.Bits & InodeBits.DOM) != 0;
        return hasDom && (body.Valid & MdtValid.DOM_SIZE) == 0 ? "a lock on data on the MDT without its size"
            : LayoutRule(capsule);
    }

    static string? ReadRule(RequestCapsule capsule, int status)
    {
        if (!capsule.HasField(Rmf.NiobufRemote, MessageSide.Request))
            return null;
        long asked = 0;
        foreach (NiobufRemote piece in capsule.GetArray(Rmf.NiobufRemote, MessageSide.Request))
            asked += piece.Length;
        if (status > asked)
            return "more read than was asked for";
        int inside = capsule.FieldPresent(Rmf.ShortIo, MessageSide.Reply)
            ? capsule.GetBytes(Rmf.ShortIo, MessageSide.Reply).Length
            : 0;
        return inside != 0 && inside != status ? "short I/O of another length than the status says" : null;
    }

    static string? LogHeaderRule(RequestCapsule capsule)
    {
        if (!capsule.TryGet(Rmf.LlogLogHdr, MessageSide.Reply, out LlogLogHdr header))
            return null;
        return header.Header.Length < SmallestLogChunk || !BitOperations.IsPow2(header.Header.Length)
            ? "a log's header whose length is no power of two"
            : null;
    }

    static string? RootRule(RequestCapsule capsule) =>
        capsule.TryGet(Rmf.MdtBody, MessageSide.Reply, out MdtBody body) && body.Fid1.IsZero ? "a root without a FID"
            : null;

    /// <summary>A client takes as many bytes of layout as the body says.</summary>
    static string? LayoutRule(RequestCapsule capsule)
    {
        if (!capsule.HasField(Rmf.MdtMd, MessageSide.Reply) || !capsule.HasField(Rmf.MdtBody, MessageSide.Reply)
            || !capsule.TryGet(Rmf.MdtBody, MessageSide.Reply, out MdtBody body))
            return null;
        const MdtValid withLayout = MdtValid.FLEASIZE | MdtValid.FLDIREA | MdtValid.LINKNAME;
        return (body.Valid & withLayout) != 0
            && body.EaDataSize > capsule.GetBytes(Rmf.MdtMd, MessageSide.Reply).Length
            ? "a body that promises more layout than there is"
            : null;
    }
}
