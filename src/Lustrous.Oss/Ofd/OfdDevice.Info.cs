using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;
using Lustrous.Target;
using Lustrous.Target.Fids;

namespace Lustrous.Oss.Ofd;

// OST_GET_INFO and OST_SET_INFO, and the table of handlers.
public sealed partial class OfdDevice
{
    void AddHandlers()
    {
        const HandlerFlags changes = HandlerFlags.IsMutable | HandlerFlags.RememberReply;
        Add(OstOpcode.GetInfo, RequestFormats.OstGetInfo, HandlerFlags.None, GetInfoAsync);
        Add(OstOpcode.SetInfo, RequestFormats.ObdSetInfo, HandlerFlags.None, (request, _) => new(SetInfo(request)));
        Add(OstOpcode.Getattr, RequestFormats.OstGetattr, HandlerFlags.HasReply, GetattrAsync);
        Add(OstOpcode.Setattr, RequestFormats.OstSetattr, HandlerFlags.HasReply | changes,
            (request, _) => new(Setattr(request)));
        Add(OstOpcode.Create, RequestFormats.OstCreate, HandlerFlags.HasReply | HandlerFlags.IsMutable, CreateAsync);
        Add(OstOpcode.Destroy, RequestFormats.OstDestroy, HandlerFlags.HasReply | changes, DestroyAsync);
        Add(OstOpcode.Read, RequestFormats.OstBrwRead, HandlerFlags.None, ReadAsync);
        Add(OstOpcode.Write, RequestFormats.OstBrwWrite, HandlerFlags.IsMutable, WriteAsync);
        Add(OstOpcode.Punch, RequestFormats.OstPunch, HandlerFlags.HasReply | changes, PunchAsync);
        Add(OstOpcode.Sync, RequestFormats.OstSync, HandlerFlags.HasReply, SyncAsync);
        Add(OstOpcode.Fallocate, RequestFormats.OstFallocate, HandlerFlags.HasReply | changes, FallocateAsync);
        Add(OstOpcode.Seek, RequestFormats.OstSeek, HandlerFlags.HasReply, SeekAsync);
        Add(OstOpcode.Quotactl, RequestFormats.OstQuotactl, HandlerFlags.None,
            (request, _) => new(QuotaRefusal.Answer(request, RequestFormats.OstQuotactl)));
        Add(OstOpcode.Ladvise, RequestFormats.OstLadvise, HandlerFlags.HasReply, LadviseAsync);
        CommonHandlers.AddStatfs(_target);
        _namespace.Register(_target.Service);
        SeqServer.AddHandlers(_target.Service, _sequenceServer);

        void Add(OstOpcode opcode, RequestFormat format, HandlerFlags flags, RequestHandler handler) =>
            _target.Service.Handle(
                opcode, new OpcodeHandler(format, LustreMsgVersion.OST_VERSION, flags, handler));
    }

    ValueTask<Errno> GetInfoAsync(ServerRequest request, CancellationToken cancel)
    {
        ReadOnlySpan<byte> key = request.Capsule.GetBytes(Rmf.GetinfoKey, MessageSide.Request);
        if (key.StartsWith("last_id"u8))
            return new(GetLastId(request));
        if (key.StartsWith("last_fid"u8))
            return new(GetLastFid(request));
        return key.StartsWith("fiemap"u8) ? GetFiemapAsync(request, cancel) : new(Errno.EOPNOTSUPP);
    }

    /// <summary>Number of the last object made; of objects by number, which is all that this key can ask
    /// for.</summary>
    Errno GetLastId(ServerRequest request)
    {
        request.Capsule.Extend(RequestFormats.OstGetInfoLastId);
        if (request.PackReply() is var error and not Errno.OK)
            return error;
        Result<OfdSequence> sequence = FindSequence(FidSeq.IDIF | Options.Index << 16);
        if (sequence.Failed)
            return Errno.EFAULT;
        request.Capsule.Set(Rmf.ObdId, MessageSide.Reply, sequence.Value.LastId);
        return Errno.OK;
    }

    /// <summary>FID of the last object made in a sequence.</summary>
    Errno GetLastFid(ServerRequest request)
    {
        request.Capsule.Extend(RequestFormats.OstGetInfoLastFid);
        if (request.PackReply() is var error and not Errno.OK)
            return error;
        if (!request.Capsule.TryGet(Rmf.Fid, MessageSide.Request, out Fid asked))
            return Errno.EPROTO;
        bool byNumber = asked.IsIdif || asked.IsMdt0;
        if (!byNumber && !asked.IsNormal || asked.Sequence == FidSeq.LOV_DEFAULT
            || !request.Export!.Supports(ConnectFlags.MDS))
            return Errno.EFAULT;
        Result<OfdSequence> sequence = FindSequence(
            byNumber ? FidSeq.IDIF | Options.Index << 16 : asked.Sequence);
        if (sequence.Failed)
            return Errno.EFAULT;
        request.Capsule.Set(Rmf.Fid, MessageSide.Reply, FidOf(sequence.Value, sequence.Value.LastId));
        return Errno.OK;
    }

    Errno SetInfo(ServerRequest request)
    {
        ReadOnlySpan<byte> key = request.Capsule.GetBytes(Rmf.SetinfoKey, MessageSide.Request);
        if (!key.StartsWith("grant_shrink"u8))
            return Errno.EOPNOTSUPP;
        // The value is an ost_body then: a client gives grant back that it does not need.
        request.Capsule.Extend(RequestFormats.OstSetGrantInfo);
        if (!request.Capsule.TryGet(Rmf.OstBody, MessageSide.Request, out OstBody body))
            return Errno.EPROTO;
        if (request.PackReply() is var error and not Errno.OK)
            return error;
        if ((request.Flags & (MsgFlags.RESENT | MsgFlags.REPLAY)) != 0)
            body.Attributes.Valid &= ~MdtValid.FLGRANT;
        if (TargetExport.Of(request.Export!).Grant is { } grant)
            _target.Grants!.PrepareRead(grant, ref body.Attributes);
        request.Capsule.Set(Rmf.OstBody, MessageSide.Reply, body);
        return Errno.OK;
    }
}
