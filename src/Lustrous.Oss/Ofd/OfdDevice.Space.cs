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

// OST_PUNCH, OST_FALLOCATE and OST_SEEK, and the locks that they and others take for clients without one.
public sealed partial class OfdDevice
{
    const ulong EndOfObject = LockPolicies.EndOfObject;
    const ulong PageMask = 4095;

    // whence of lseek(2)
    const uint SeekData = 3, SeekHole = 4;

    async ValueTask<Errno> PunchAsync(ServerRequest request, CancellationToken cancel)
    {
        if (CommonHandlers.UnpackOstBody(request, out OstBody body, out Fid fid) is var error and not Errno.OK)
            return error;
        const MdtValid range = MdtValid.FLSIZE | MdtValid.FLBLOCKS;
        // Start and end are where size and blocks are; only truncating is punching here.
        if ((body.Attributes.Valid & range) != range || body.Attributes.Blocks != EndOfObject
            || body.Attributes.Size > long.MaxValue)
            return Errno.EPROTO;
        ulong start = body.Attributes.Size;
        Prolong(request, fid, start, EndOfObject, LockMode.PW | LockMode.GROUP);
        // A body that goes as a whole need not be written back first.
        Result<ServerLock?> locked = await LockForRequestAsync(
            body.Attributes, fid, start, EndOfObject, LockMode.PW, cancel,
            start == 0 ? LockFlags.AST_DISCARD_DATA : 0);
        if (locked.Failed)
            return locked.Error;
        Result<IDtObject> found = FindForChange(request, fid);
        DtAttributes wanted = ObdoAttributes.From(body.Attributes, ObdoAttributes.Times | ObdoAttributes.Owners);
        error = found.Failed
            ? found.Error
            : Change(request, found.Value, body.Attributes, wanted, isSetattr: false, punchFrom: (long)start);
        Release(locked.Value);
        if (error != Errno.OK)
            return error;
        var reply = new OstBody { Attributes = NewReply(body.Attributes) };
        UpdateLvb(fid);
        if (found.Value.GetAttributes(out DtAttributes attributes) == Errno.OK)
            ObdoAttributes.Fill(ref reply.Attributes, attributes, MdtValid.FLBLOCKS);
        request.Capsule.Set(Rmf.OstBody, MessageSide.Reply, reply);
        return Errno.OK;
    }

    async ValueTask<Errno> FallocateAsync(ServerRequest request, CancellationToken cancel)
    {
        if (CommonHandlers.UnpackOstBody(request, out OstBody body, out Fid fid) is var error and not Errno.OK)
            return error;
        const MdtValid range = MdtValid.FLSIZE | MdtValid.FLBLOCKS;
        if ((body.Attributes.Valid & range) != range)
            return Errno.EOPNOTSUPP;
        (ulong start, ulong end) = (body.Attributes.Size, body.Attributes.Blocks);
        if (start >= end || end > long.MaxValue)
            return Errno.EINVAL;
        var modes = (DtFallocateModes)FallocateModesOf(body.Attributes);
        if ((modes & ~(DtFallocateModes.KeepSize | DtFallocateModes.PunchHole | DtFallocateModes.ZeroRange)) != 0)
            return Errno.EOPNOTSUPP;
        if ((modes & DtFallocateModes.PunchHole) != 0)
            modes |= DtFallocateModes.KeepSize;
        Result<ServerLock?> locked = await LockForRequestAsync(
            body.Attributes, fid, start, end, LockMode.PW, cancel);
        if (locked.Failed)
            return locked.Error;
        Result<IDtObject> found = FindForChange(request, fid);
        error = found.Failed ? found.Error : Fallocate(request, found.Value, body.Attributes, modes);
        Release(locked.Value);
        if (error != Errno.OK)
            return error;
        var reply = new OstBody { Attributes = NewReply(body.Attributes) };
        UpdateLvb(fid);
        if (found.Value.GetAttributes(out DtAttributes attributes) == Errno.OK)
            ObdoAttributes.Fill(ref reply.Attributes, attributes, ObdoAttributes.Reply);
        request.Capsule.Set(Rmf.OstBody, MessageSide.Reply, reply);
        return Errno.OK;
    }

    Errno Fallocate(ServerRequest request, IDtObject target, in Obdo body, DtFallocateModes modes)
    {
        DtAttributes wanted = ObdoAttributes.From(body, ObdoAttributes.Times | ObdoAttributes.Owners);
        if (target.GetAttributes(out DtAttributes present) is var gone and not Errno.OK)
            return gone;
        SettleOwner(ref wanted, present, isSetattr: false);
        // Clients send no times here: a kernel's local file system knows them by itself.
        const DtValid changes = DtValid.ModifyTime | DtValid.ChangeTime;
        if ((wanted.Valid & changes) == 0)
        {
            wanted.ModifyTime = wanted.ChangeTime = _context.UnixSeconds;
            wanted.Valid |= changes;
        }
        (long start, long end) = ((long)body.Size, (long)body.Blocks);
        DtTransaction transaction = _target.Begin(request);
        Errno status = (modes & DtFallocateModes.PunchHole) != 0
            ? Errno.OK
            : transaction.DeclareWrite(target, start, end - start);
        if (status == Errno.OK)
            status = transaction.Start();
        if (status == Errno.OK)
            status = target.Fallocate(transaction, modes, start, end);
        if (status == Errno.OK && wanted.Valid != 0)
            status = target.SetAttributes(transaction, wanted);
        transaction.Stop(status);
        return status;
    }

    async ValueTask<Errno> SeekAsync(ServerRequest request, CancellationToken cancel)
    {
        if (CommonHandlers.UnpackOstBody(request, out OstBody body, out Fid fid) is var error and not Errno.OK)
            return error;
        ulong offset = body.Attributes.Size;
        if (body.Attributes.Mode is not (SeekData or SeekHole) || offset > long.MaxValue)
            return Errno.EPROTO;
        Result<ServerLock?> locked = await LockForRequestAsync(
            body.Attributes, fid, offset, EndOfObject, LockMode.PR, cancel);
        if (locked.Failed)
            return locked.Error;
        Result<IDtObject> found = _storage.Find(fid);
        if (!found.Failed)
        {
            // That there is no data is an answer, in the place of the offset (tgt_lseek).
            Result<long> position = found.Value.Seek((long)offset, body.Attributes.Mode == SeekHole);
            body.Attributes.Size = (ulong)(position.Failed ? -(long)position.Error : position.Value);
        }
        Release(locked.Value);
        if (found.Failed)
            return found.Error;
        request.Capsule.Set(Rmf.OstBody, MessageSide.Reply, body);
        return Errno.OK;
    }

    /// <summary>A lock for a client that asks the server to take one (OBD_FL_SRVLOCK); null when it does
    /// not.</summary>
    ValueTask<Result<ServerLock?>> LockForRequestAsync(
        in Obdo body, Fid fid, ulong start, ulong end, LockMode mode, CancellationToken cancel, LockFlags flags = 0)
    {
        bool wanted = (body.Valid & MdtValid.FLFLAGS) != 0 && (body.Flags & ObdoFlags.SRVLOCK) != 0;
        return wanted ? LockAsync(fid, start, end, mode, flags, cancel) : new((ServerLock?)null);
    }

    /// <summary>Takes whole pages, as clients' locks have them (tgt_extent_lock).</summary>
    async ValueTask<Result<ServerLock?>> LockAsync(
        Fid fid, ulong start, ulong end, LockMode mode, LockFlags flags, CancellationToken cancel)
    {
        Result<LdlmResId> name = LdlmResId.FromOstFid(fid);
        if (name.Failed)
            return Errno.EPROTO;
        ulong last = end == EndOfObject || end < start ? EndOfObject : end | PageMask;
        Result<ServerLock> taken = await _namespace.EnqueueLocalAsync(
            name.Value, LockType.Extent, mode, LockPolicies.Extent(start & ~PageMask, last), flags, cancel);
        return taken.Failed ? taken.Error : taken.Value;
    }

    void Release(ServerLock? taken)
    {
        if (taken is not null)
            _namespace.Release(taken);
    }

    /// <summary>I/O under a lock goes on: its holder gets time to give it back.</summary>
    void Prolong(ServerRequest request, Fid fid, ulong start, ulong end, LockMode modes)
    {
        Result<LdlmResId> name = LdlmResId.FromOstFid(fid);
        if (!name.Failed)
            _namespace.ProlongExtent(request.Export!, name.Value, start, end, modes);
    }

    // o_falloc_mode is o_nlink on the wire.
    static uint FallocateModesOf(in Obdo body) => body.Nlink;
}
