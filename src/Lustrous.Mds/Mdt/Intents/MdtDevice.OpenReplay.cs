using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Mds.Lod;
using Lustrous.Mds.Mdd;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc.Server;
using Lustrous.Target.Clients;

namespace Lustrous.Mds.Mdt;

// Opens that were done in a former life of the target (mdt_open_by_fid, mdt_reconstruct_open of lustre/mdt/mdt_open.c).
public sealed partial class MdtDevice
{
    /// <summary>
    /// A client opens again what it had open: by its FID; or where the file was lost with its transaction, makes it
    /// again, with the objects that it had. No lock comes with the reply: the client tells of its locks later.
    /// </summary>
    Errno ReplayOpen(OpenState open)
    {
        Result<LodLayout?> layout = RecallLayout(open);
        if (layout.Failed)
            return layout.Error;
        open.Layout = layout.Value;
        IDtObject child = Storage.Locate(open.Record.Fid2);
        Errno error;
        if (child.Exists)
        {
            open.Child = child;
            open.Add(Dispositions.LOOKUP_POS);
            error = GiveLayoutAgain(open, child);
        }
        else
        {
            error = CreateAgain(open);
        }
        return error == Errno.OK ? OpenChild(open) : error;
    }

    static Errno AttributesForOpen(OpenState open)
    {
        Errno error = open.Child!.GetAttributes(out DtAttributes attributes);
        open.Attributes = attributes;
        return error;
    }

    /// <summary>The layout that the file was given then, which clients keep with what they replay.</summary>
    Result<LodLayout?> RecallLayout(OpenState open)
    {
        ReadOnlySpan<byte> ea = WantedLayout(open.Request);
        if (ea.IsEmpty || !_mdd.HasLod)
            return (LodLayout?)null;
        Result<LodLayout> recalled = _mdd.RecallLayout(ea);
        // What was asked for is no layout yet: the file has none, as it had none then.
        return recalled.Failed ? (LodLayout?)null : recalled.Value;
    }

    Errno GiveLayoutAgain(OpenState open, IDtObject child)
    {
        if (open.Layout is not { } layout || child.Kind != DtObjectKind.Regular)
            return Errno.OK;
        Errno error = _mdd.CreateData(open.Context, child, layout);
        if (error == Errno.OK)
            open.Layout = null;
        return error is Errno.OK or Errno.EEXIST ? Errno.OK : error;
    }

    Errno CreateAgain(OpenState open)
    {
        open.Add(Dispositions.LOOKUP_NEG);
        // Who opened what somebody else had made, and did not bring back.
        if (!open.Has(MdsOpenFlags.CREAT))
            return Missing(open.Request, Errno.ENOENT, 1);
        Result<IDtObject> parent = _mdd.Find(open.Record.Fid1);
        if (parent.Failed)
            return Missing(open.Request, parent.Error, 0);
        open.Parent = parent.Value;
        return CreateForOpen(open);
    }

    /// <summary>The open was done and is durable, only its answer was lost: whatever stands in the way of doing it
    /// again is its own doing.</summary>
    async ValueTask<Errno> OpenAgainAsync(OpenState open, ReplyRecord answered, CancellationToken cancel)
    {
        open.IsCreated = ((Dispositions)answered.Data & Dispositions.OPEN_CREATE) != 0;
        if (!open.IsCreated)
            return open.IsByFid ? await OpenByFidAsync(open, cancel) : await OpenByNameAsync(open, cancel);
        Result<IDtObject> made = _mdd.Find(open.Record.Fid2);
        if (made.Failed)
            return made.Error;
        open.Child = made.Value;
        open.Add(Dispositions.LOOKUP_NEG | Dispositions.OPEN_CREATE);
        Errno error = await TakeOpenLockAsync(open, cancel);
        if (error != Errno.OK)
            return error;
        open.Request.ReplyTransno = answered.Transno;
        return OpenChild(open);
    }

    /// <summary>A request that was executed in a former life, and is durable; its client asks again as the answer was
    /// lost.</summary>
    bool IsAnswered(ServerRequest request, out ReplyRecord record)
    {
        record = default;
        return (request.Flags & (MsgFlags.RESENT | MsgFlags.REPLAY)) == MsgFlags.RESENT
            && _target.TryFindReply(request, out record);
    }
}
