using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Target;

/// <summary>Rows and checks that targets have in common.</summary>
public static class CommonHandlers
{
    /// <summary>Adds the row of OST_STATFS or MDS_STATFS; an MGS has none.</summary>
    public static void AddStatfs(LuTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        switch (target.Options.Kind)
        {
            case TargetKind.Ost:
                target.Service.Handle(OstOpcode.Statfs, new OpcodeHandler(
                    RequestFormats.OstStatfs, LustreMsgVersion.OST_VERSION, HandlerFlags.HasReply,
                    (request, _) => new(Statfs(target, request))));
                break;
            case TargetKind.Mdt:
                // Which of two formats it is shows by the number of its buffers.
                target.Service.Handle(MdsOpcode.Statfs, new OpcodeHandler(
                    null, LustreMsgVersion.MDS_VERSION, HandlerFlags.None,
                    (request, _) => new(MdsStatfs(target, request))));
                break;
        }
    }

    /// <summary>The MDT body of a request, with a FID that can name an object (tgt_mdt_body_unpack). EPROTO: there is
    /// none; EINVAL: the FID.</summary>
    public static Errno UnpackMdtBody(ServerRequest request, out MdtBody body)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!request.Capsule.TryGet(Rmf.MdtBody, MessageSide.Request, out body))
            return Errno.EPROTO;
        return body.Fid1.IsSane ? Errno.OK : Errno.EINVAL;
    }

    /// <summary>The OST body of a request, with an object id that is one (tgt_validate_obdo), as FID too. EPROTO: there
    /// is none, or it names nothing.</summary>
    public static Errno UnpackOstBody(ServerRequest request, out OstBody body, out Fid fid)
    {
        ArgumentNullException.ThrowIfNull(request);
        fid = default;
        if (!request.Capsule.TryGet(Rmf.OstBody, MessageSide.Request, out body))
            return Errno.EPROTO;
        uint index = request.Export?.TargetData is TargetExport data ? data.Target.Options.Index : 0;
        Result<Fid> found = body.Attributes.ObjectId.ToFid(index);
        // Nothing else is an object of clients: the target keeps its own files, and last numbers at 0, beside them.
        if (found.Failed || body.Attributes.ObjectId.Id == 0
            || !(found.Value.IsNormal || found.Value.IsIdif || found.Value.IsEcho))
            return Errno.EPROTO;
        fid = found.Value;
        return Errno.OK;
    }

    static Errno Statfs(LuTarget target, ServerRequest request)
    {
        Errno error = target.Statfs(request.Export, out ObdStatfs statfs);
        if (error == Errno.OK)
            request.Capsule.Set(Rmf.ObdStatfs, MessageSide.Reply, statfs);
        return error;
    }

    static Errno MdsStatfs(LuTarget target, ServerRequest request)
    {
        request.Capsule.SetFormat(
            request.Capsule.Request.BufferCount > 1 ? RequestFormats.MdsStatfsNew : RequestFormats.MdsStatfs);
        if (request.PackReply() is var error and not Errno.OK)
            return error;
        return Statfs(target, request);
    }
}
