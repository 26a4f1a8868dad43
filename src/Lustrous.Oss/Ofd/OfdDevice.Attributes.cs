using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Ldlm;
using Lustrous.Ldlm.Server;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;
using Lustrous.Target;

namespace Lustrous.Oss.Ofd;

// OST_GETATTR, OST_SETATTR, OST_DESTROY and OST_SYNC.
public sealed partial class OfdDevice
{
    async ValueTask<Errno> GetattrAsync(ServerRequest request, CancellationToken cancel)
    {
        if (CommonHandlers.UnpackOstBody(request, out OstBody body, out Fid fid) is var error and not Errno.OK)
            return error;
        bool flushes = (body.Attributes.Flags & ObdoFlags.FLUSH) != 0;
        Result<ServerLock?> locked = await LockForRequestAsync(
            body.Attributes, fid, 0, EndOfObject, flushes ? LockMode.PW : LockMode.PR, cancel);
        if (locked.Failed)
            return locked.Error;
        Result<IDtObject> found = _storage.Find(fid);
        var reply = new OstBody { Attributes = NewReply(body.Attributes) };
        error = found.Failed ? found.Error : found.Value.GetAttributes(out DtAttributes attributes) is var status
            && status == Errno.OK ? Fill(ref reply, attributes, found.Value) : status;
        Release(locked.Value);
        reply.Attributes.Valid |= MdtValid.FLFLAGS;
        reply.Attributes.Flags = ObdoFlags.FLUSH;
        request.Capsule.Set(Rmf.OstBody, MessageSide.Reply, reply);
        return error;

        static Errno Fill(ref OstBody reply, in DtAttributes attributes, IDtObject target)
        {
            ObdoAttributes.Fill(ref reply.Attributes, attributes, ObdoAttributes.Reply | ObdoAttributes.Owners);
            reply.Attributes.Valid |= MdtValid.FLDATAVERSION;
            reply.Attributes.DataVersion = target.Version;
            return Errno.OK;
        }
    }

    Errno Setattr(ServerRequest request)
    {
        if (CommonHandlers.UnpackOstBody(request, out OstBody body, out Fid fid) is var error and not Errno.OK)
            return error;
        // Truncating by mistake while changing the time would be very bad: that is OST_PUNCH's business.
        if ((body.Attributes.Valid & MdtValid.FLSIZE) != 0 && body.Attributes.Size != EndOfObject)
            return Errno.EPERM;
        Result<IDtObject> found = FindForChange(request, fid);
        if (found.Failed)
            return found.Error;
        DtAttributes wanted = ObdoAttributes.From(
            body.Attributes, ObdoAttributes.Times | ObdoAttributes.Owners | MdtValid.FLMODE);
        error = Change(request, found.Value, body.Attributes, wanted, isSetattr: true, punchFrom: null);
        if (error != Errno.OK)
            return error;
        var reply = new OstBody { Attributes = NewReply(body.Attributes) };
        if (found.Value.GetAttributes(out DtAttributes attributes) == Errno.OK)
            ObdoAttributes.Fill(ref reply.Attributes, attributes, ObdoAttributes.Reply | ObdoAttributes.Owners);
        UpdateLvb(fid);
        request.Capsule.Set(Rmf.OstBody, MessageSide.Reply, reply);
        return Errno.OK;
    }

    /// <summary>Sets attributes, and truncates, in one transaction of the request.</summary>
    Errno Change(
        ServerRequest request, IDtObject target, in Obdo body, DtAttributes wanted, bool isSetattr, long? punchFrom)
    {
        if (target.GetAttributes(out DtAttributes present) is var gone and not Errno.OK)
            return gone;
        SettleOwner(ref wanted, present, isSetattr);
        ParentFid parent = default;
        bool setsParent = NeedsParent(target, body, ref parent);
        DtTransaction transaction = _target.Begin(request);
        Errno status = setsParent ? transaction.DeclareXattr(Unsafe.SizeOf<ParentFid>()) : Errno.OK;
        if (status == Errno.OK)
            status = transaction.Start();
        if (status == Errno.OK)
        {
            if ((wanted.Valid & DtValid.Times) != 0)
                ExportData(request.Export!).SetTimes(target.Fid, request.Xid);
            if (punchFrom is { } from)
                status = target.Punch(transaction, from, DtRange.Eof);
        }
        if (status == Errno.OK && wanted.Valid != 0)
            status = target.SetAttributes(transaction, wanted);
        if (status == Errno.OK && setsParent)
            status = SetParent(transaction, target, parent);
        transaction.Stop(status);
        return status;
    }

    /// <summary>
    /// An object made in advance takes its owner from the first who names one; later only a setattr changes it
    /// (ofd_attr_handle_id). That it has none yet is told by SUID, SGID and the sticky bit, one each.
    /// </summary>
    static void SettleOwner(ref DtAttributes wanted, in DtAttributes present, bool isSetattr)
    {
        const DtValid owners = DtValid.Uid | DtValid.Gid | DtValid.ProjectId;
        if ((wanted.Valid & owners) == 0)
            return;
        if (!isSetattr)
        {
            if ((present.Mode & SetUid) == 0)
                wanted.Valid &= ~DtValid.Uid;
            if ((present.Mode & SetGid) == 0)
                wanted.Valid &= ~DtValid.Gid;
            if ((present.Mode & Sticky) == 0 && (present.ProjectId != 0 || wanted.ProjectId == 0))
                wanted.Valid &= ~DtValid.ProjectId;
        }
        uint settled = 0;
        if ((wanted.Valid & DtValid.Uid) != 0)
            settled |= present.Mode & SetUid;
        if ((wanted.Valid & DtValid.Gid) != 0)
            settled |= present.Mode & SetGid;
        if ((wanted.Valid & DtValid.ProjectId) != 0)
            settled |= present.Mode & Sticky;
        if (settled == 0)
            return;
        if ((wanted.Valid & DtValid.Mode) == 0 || !isSetattr)
        {
            wanted.Mode = present.Mode;
            wanted.Valid |= DtValid.Mode;
        }
        wanted.Mode &= ~settled;
    }

    async ValueTask<Errno> DestroyAsync(ServerRequest request, CancellationToken cancel)
    {
        if (CommonHandlers.UnpackOstBody(request, out OstBody body, out Fid fid) is var error and not Errno.OK)
            return error;
        if (request.Capsule.FieldPresent(Rmf.DlmReq, MessageSide.Request)
            && request.Capsule.GetSize(Rmf.DlmReq, MessageSide.Request) > 0)
            _namespace.CancelRequestLocks(request);
        uint count = (body.Attributes.Valid & MdtValid.FLOBJCOUNT) != 0 ? body.Attributes.Misc : 1;
        if (count > OstConst.MAX_PRECREATE)
            return Errno.EPROTO;
        Errno result = Errno.OK;
        for (; count > 0; count--)
        {
            // Whoever has data of the object learns that he may throw it away (ofd_destroy_by_fid).
            Errno status = await DiscardCachesAsync(fid, cancel);
            if (status == Errno.OK)
                status = DestroyObject(request, fid);
            // That one is gone already is told, but only when nothing worse happened.
            if (status != Errno.OK && (status != Errno.ENOENT || result == Errno.OK))
                result = status;
            fid = new Fid(fid.Sequence, fid.ObjectId + 1, fid.Version);
        }
        Result<OstId> next = OstId.FromFid(fid);
        if (!next.Failed)
            body.Attributes.ObjectId = next.Value;
        request.Capsule.Set(Rmf.OstBody, MessageSide.Reply, body);
        return result;
    }

    async ValueTask<Errno> DiscardCachesAsync(Fid fid, CancellationToken cancel)
    {
        if (FindResource(fid) is not { } resource)
            return Errno.OK;
        Result<ServerLock> taken = await _namespace.EnqueueLocalAsync(
            resource.Name, LockType.Extent, LockMode.PW, LockPolicies.WholeObject, LockFlags.AST_DISCARD_DATA, cancel);
        if (taken.Failed)
            return taken.Error;
        _namespace.Release(taken.Value);
        return Errno.OK;
    }

    /// <summary>Ends an object.</summary>
    Errno DestroyObject(ServerRequest? request, Fid fid)
    {
        Result<IDtObject> found = _storage.Find(fid);
        if (found.Failed)
            return found.Error;
        DtTransaction transaction = _target.Begin(request);
        Errno status = transaction.Start();
        if (status == Errno.OK)
            status = found.Value.Destroy(transaction);
        transaction.Stop(status);
        return status;
    }

    async ValueTask<Errno> SyncAsync(ServerRequest request, CancellationToken cancel)
    {
        if (CommonHandlers.UnpackOstBody(request, out OstBody body, out Fid fid) is var error and not Errno.OK)
            return error;
        Result<IDtObject> found = _storage.Find(fid);
        if (found.Failed)
            return found.Error;
        if (await _target.SyncAsync(cancel) is var failed and not Errno.OK)
            return failed;
        var reply = new OstBody { Attributes = NewReply(body.Attributes) };
        if (found.Value.GetAttributes(out DtAttributes attributes) == Errno.OK)
            ObdoAttributes.Fill(ref reply.Attributes, attributes, ObdoAttributes.Reply);
        request.Capsule.Set(Rmf.OstBody, MessageSide.Reply, reply);
        return Errno.OK;
    }

    static Obdo NewReply(in Obdo asked) =>
        new() { ObjectId = asked.ObjectId, Valid = MdtValid.FLID | MdtValid.FLGROUP };

    /// <summary>The object has changed under its locks: what their replies tell is looked up anew.</summary>
    void UpdateLvb(Fid fid)
    {
        if (FindResource(fid) is { } resource)
            _namespace.Lvb!.Update(resource, default, increaseOnly: false);
    }

    ServerResource? FindResource(Fid fid)
    {
        Result<LdlmResId> name = LdlmResId.FromOstFid(fid);
        return name.Failed ? null : _namespace.FindResource(name.Value);
    }

    /// <summary>Whether the sender says which file the object is of, and that is news.</summary>
    static bool NeedsParent(IDtObject target, in Obdo body, ref ParentFid parent)
    {
        if ((body.Valid & (MdtValid.FLFID | MdtValid.FLOSTLAYOUT)) == 0)
            return false;
        ParentFid present = default;
        if (target.GetXattr(DtXattr.Fid, MemoryMarshal.AsBytes(new Span<ParentFid>(ref present))).Failed)
            present = default;
        parent = present;
        if ((body.Valid & MdtValid.FLFID) != 0)
            parent.Parent = new Fid(body.ParentSequence, body.ParentObjectId, body.StripeIdx);
        if ((body.Valid & MdtValid.FLOSTLAYOUT) != 0)
            parent.Layout = body.Layout;
        return parent != present;
    }

    static Errno SetParent(DtTransaction transaction, IDtObject target, ParentFid parent) =>
        target.SetXattr(transaction, DtXattr.Fid, MemoryMarshal.AsBytes(new ReadOnlySpan<ParentFid>(in parent)));
}
