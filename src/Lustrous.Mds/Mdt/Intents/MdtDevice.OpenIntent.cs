using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ldlm.Server;
using Lustrous.Mds.Lod;
using Lustrous.Mds.Mdd;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;
using Lustrous.Target.Clients;

namespace Lustrous.Mds.Mdt;

// IT_OPEN, also with IT_CREAT: finds or makes a file, gives it objects if it is to be written, opens it, and gives the
// client what locks it can (mdt_reint_open of lustre/mdt/mdt_open.c).
public sealed partial class MdtDevice
{
    const MdsOpenFlags Unsupported = MdsOpenFlags.VOLATILE | MdsOpenFlags.LEASE | MdsOpenFlags.RELEASE
        | MdsOpenFlags.RESYNC | MdsOpenFlags.HAS_OBJS | MdsOpenFlags.OP_WITH_FID;

    async ValueTask<Errno> OpenIntentAsync(ServerEnqueue enqueue, CancellationToken cancel)
    {
        ServerRequest request = enqueue.Request;
        if (!request.Capsule.TryGet(Rmf.RecReint, MessageSide.Request, out MdtRecReint rec)
            || rec.Opcode != ReintOp.Open)
            return Errno.EPROTO;
        MdtRecCreate record = ReintRecord.Create(rec);
        var open = new OpenState(enqueue, record, ContextOf(ReintRecord.CredentialsOf(record), request));
        if ((request.Flags & (MsgFlags.RESENT | MsgFlags.REPLAY)) != 0
            && DataOf(enqueue.Export).FindByXid(request.Xid) is { } opened)
            return await ReconstructOpenAsync(open, opened, cancel);
        Errno status = CheckOpen(open);
        if (status == Errno.OK)
        {
            open.Add(Dispositions.IT_EXECD | Dispositions.LOOKUP_EXECD);
            status = open.IsReplay ? ReplayOpen(open)
                : IsAnswered(request, out ReplyRecord answered) ? await OpenAgainAsync(open, answered, cancel)
                : open.IsByFid ? await OpenByFidAsync(open, cancel)
                : await OpenByNameAsync(open, cancel);
        }
        _mdd.DiscardLayout(open.Layout);        // nobody took it
        if (open.IsReplay && status != Errno.OK)
            Context.Log.Warning(Name, $"replay of an open of {open.Record.Fid2} by {enqueue.Export}: {status}");
        return FinishOpen(open, status);
    }

    /// <summary>The request was executed before and its reply is lost: the same handle again, with attributes and locks
    /// of now (mdt_reconstruct_open).</summary>
    async ValueTask<Errno> ReconstructOpenAsync(OpenState open, MdtOpenFile opened, CancellationToken cancel)
    {
        open.Child = Storage.Locate(opened.Fid);
        open.Handle = opened.Handle;
        open.IsCreated = (opened.Flags & MdsOpenFlags.CREATED) != 0;
        open.Add(Dispositions.IT_EXECD | Dispositions.LOOKUP_EXECD | Dispositions.OPEN_OPEN);
        open.Add(open.IsCreated
            ? Dispositions.LOOKUP_NEG | Dispositions.OPEN_CREATE
            : Dispositions.LOOKUP_POS);
        // The reply to a replay grants nothing: a lock would be one that the client does not know of.
        Errno status = open.IsReplay ? AttributesForOpen(open) : await TakeOpenLockAsync(open, cancel);
        if (open.Lock is not null && open.Has(MdsOpenFlags.LOCK))
            open.Add(Dispositions.OPEN_LOCK);
        open.Request.ReplyTransno = opened.Transno;
        return FinishOpen(open, status);
    }

    static Errno CheckOpen(OpenState open)
    {
        // MDC expects this in any case.
        open.Add(Dispositions.IT_EXECD | Dispositions.LOOKUP_EXECD);
        if (open.Flags == 0)
            return Errno.EPROTO;
        if (open.Has(open.IsReplay ? Unsupported & ~MdsOpenFlags.HAS_OBJS : Unsupported))
            return Errno.EOPNOTSUPP;
        if (open.Has(MdsOpenFlags.HAS_EA) && WantedLayout(open.Request).IsEmpty)
            return Errno.EINVAL;
        bool isReadOnly = open.Enqueue.Export.Supports(ConnectFlags.RDONLY);
        return isReadOnly && open.Has(MdsOpenFlags.FMODE_WRITE) ? Errno.EROFS : Errno.OK;
    }

    static ReadOnlySpan<byte> WantedLayout(ServerRequest request) =>
        request.Capsule.GetBytes(Rmf.Eadata, MessageSide.Request);

    static byte[] CopyWantedLayout(OpenState open) =>
        open.Has(MdsOpenFlags.HAS_EA) ? WantedLayout(open.Request).ToArray() : [];

    async ValueTask<Errno> OpenByNameAsync(OpenState open, CancellationToken cancel)
    {
        Result<IDtObject> parent = _mdd.Find(open.Record.Fid1);
        if (parent.Failed)
            return parent.Error;
        open.Parent = parent.Value;
        for (int round = 0; round < MaxLookups; round++)
        {
            open.Remove(Dispositions.LOOKUP_NEG | Dispositions.LOOKUP_POS);
            Errno error = LookupForOpen(open);
            if (error == Errno.ENOENT)
                error = await OpenNewAsync(open, cancel);
            else if (error == Errno.OK)
                error = await OpenExistingAsync(open, cancel);
            if (error != Errno.ESTALE)
                return error;
            // The name stands for something else by now: made, removed or renamed meanwhile.
            ReleaseOpenLock(open);
        }
        return Errno.EBUSY;
    }

    Errno LookupForOpen(OpenState open)
    {
        open.Child = null;
        if (NameOf(open.Request, out ReadOnlySpan<byte> name) is var error and not Errno.OK)
            return error;
        error = _mdd.Lookup(open.Parent!, open.Context.Credentials, name, out DtEntry entry);
        if (error == Errno.OK)
            open.Child = Storage.Locate(entry.Fid);
        return error;
    }

    async ValueTask<Errno> OpenNewAsync(OpenState open, CancellationToken cancel)
    {
        open.Add(Dispositions.LOOKUP_NEG);
        if (!open.Has(MdsOpenFlags.CREAT))
            return Errno.ENOENT;
        if (open.Enqueue.Export.Supports(ConnectFlags.RDONLY))
            return Errno.EROFS;
        if (!StatMode.IsRegular(open.Record.Mode | (StatMode.IsKnownType(open.Record.Mode) ? 0 : DtMode.Regular)))
            return Errno.EINVAL;
        // Objects are waited for before the name is locked: an OST that is away must not stop a directory.
        if (open.ShouldCreateData && _mdd.HasLod && open.Layout is null)
        {
            Result<LodLayout> layout = await _mdd.ChooseLayoutAsync(
                open.Record.Fid2, open.Parent, CopyWantedLayout(open), cancel);
            if (layout.Failed)
                return NoLayout(open.Enqueue, layout.Error);
            open.Layout = layout.Value;
        }
        using var locks = new MdtLockSet(_locks);
        Errno error = await locks.AddNameAsync(open.Record.Fid1, HashOfName(open.Request), cancel);
        if (error == Errno.OK)
            error = CreateForOpen(open);
        if (error != Errno.OK)
            return error == Errno.EEXIST ? Errno.ESTALE : error;
        error = await TakeOpenLockAsync(open, cancel);
        if (error == Errno.OK)
            error = OpenChild(open);
        if (error != Errno.OK)
            UndoCreate(open);
        return error;
    }

    /// <summary>An OST that cannot be reached comes back: the client asks again and again, as it does where any server
    /// is away, and its program hears nothing of it.</summary>
    static Errno NoLayout(ServerEnqueue enqueue, Errno error)
    {
        bool mayPass = error is Errno.EAGAIN or Errno.ENOTCONN or Errno.ETIMEDOUT or Errno.ENODEV or Errno.ESHUTDOWN;
        return mayPass && enqueue.Export.Supports(ConnectFlags.EINPROGRESS) ? Errno.EINPROGRESS : error;
    }

    static uint HashOfName(ServerRequest request) =>
        NameOf(request, out ReadOnlySpan<byte> name) == Errno.OK ? MdtLockSet.HashOf(name) : 0;

    Errno CreateForOpen(OpenState open)
    {
        if (NameOf(open.Request, out ReadOnlySpan<byte> name) is var error and not Errno.OK)
            return error;
        uint permissions = open.Record.Mode & StatMode.S_IALLUGO;
        IDtObject wanted = Storage.Locate(open.Record.Fid2);
        error = CheckVersions(open.Context, open.Parent, wanted);
        if (error != Errno.OK)
            return error;
        SetVersioned(open.Context, wanted);
        open.Request.OperationData = (ulong)(open.Enqueue.Dispositions | Dispositions.OPEN_CREATE);
        error = _mdd.Create(open.Context, open.Parent!, name, new MddCreate
        {
            Fid = open.Record.Fid2,
            Mode = DtMode.Regular | permissions,
            Time = open.Record.Time,
            Layout = open.Layout,
        }, out IDtObject child);
        if (error != Errno.OK)
            return error;
        if (open.Layout is not null)
            NoteMdSize(open.Layout.Ea.Length);
        open.Layout = null;         // the file's now
        open.Child = child;
        open.IsCreated = true;
        open.Add(Dispositions.OPEN_CREATE);
        return Errno.OK;
    }

    /// <summary>What was made could not be opened.</summary>
    void UndoCreate(OpenState open)
    {
        ReleaseOpenLock(open);
        open.Remove(Dispositions.OPEN_CREATE);
        if (NameOf(open.Request, out ReadOnlySpan<byte> name) != Errno.OK)
            return;
        _mdd.Unlink(MddContext.Server, open.Parent!, name, open.Child!, isRmdir: false, open.Record.Time, out _);
        open.Child = null;
    }

    async ValueTask<Errno> OpenExistingAsync(OpenState open, CancellationToken cancel)
    {
        open.Add(Dispositions.LOOKUP_POS);
        IDtObject child = open.Child!;
        if (child.GetAttributes(out DtAttributes attributes) is var error and not Errno.OK)
            return Errno.ESTALE;
        open.Attributes = attributes;
        if (open.Has(MdsOpenFlags.DIRECTORY) && attributes.IsRegular)
            return Errno.ENOTDIR;
        error = await TakeOpenLockAsync(open, cancel);
        if (error != Errno.OK)
            return error;
        // Under the lock a name cannot change; without one, what was found may have been opened at that moment.
        if (open.Lock is not null && !IsStillNamed(open))
            return Errno.ESTALE;
        error = OpenChild(open);
        return error == Errno.ENOENT && !open.IsByFid ? Errno.ESTALE : error;
    }

    bool IsStillNamed(OpenState open) =>
        NameOf(open.Request, out ReadOnlySpan<byte> name) == Errno.OK
        && IsStill(open.Record.Fid1, name, open.Child!.Fid);

    async ValueTask<Errno> OpenByFidAsync(OpenState open, CancellationToken cancel)
    {
        Result<IDtObject> found = _mdd.Find(open.Record.Fid2);
        if (found.Failed)
        {
            open.Add(Dispositions.LOOKUP_NEG);
            return found.Error;
        }
        open.Child = found.Value;
        if (found.Value.GetAttributes(out DtAttributes attributes) is var error and not Errno.OK)
            return error;
        open.Attributes = attributes;
        if (attributes.IsRegular && open.Has(MdsOpenFlags.HAS_EA)
            && !found.Value.GetXattr(DtXattr.Lov, default).Failed)
            return Errno.EEXIST;        // a layout is for ever
        error = await TakeOpenLockAsync(open, cancel);
        if (error == Errno.OK)
            error = OpenChild(open);
        if (error == Errno.OK)
            open.Add(Dispositions.LOOKUP_POS);
        return error;
    }
}
