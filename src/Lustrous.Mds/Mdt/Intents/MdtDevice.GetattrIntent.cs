using Lustrous.Idl.Fids;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ldlm;
using Lustrous.Ldlm.Server;
using Lustrous.Mds.Mdd;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Mds.Mdt;

// IT_LOOKUP and IT_GETATTR: the commonest requests of all; ends synchronously and makes no garbage where no lock is in
// the way (mdt_intent_getattr, mdt_getattr_name_lock).
public sealed partial class MdtDevice
{
    /// <summary>Times that a name may be renamed under our hands before we give up.</summary>
    const int MaxLookups = 64;

    /// <summary>
    /// Looks a name up, locks what it stands for, and looks again: whoever changes what a name stands for first takes
    /// the LOOKUP lock of it from everybody, so a name that is the same under the lock stays so as long as the client
    /// has it. So no directory has to be locked.
    /// </summary>
    ValueTask<Errno> GetattrIntentAsync(ServerEnqueue enqueue, InodeBits bits, CancellationToken cancel)
    {
        if (!enqueue.Request.Capsule.TryGet(Rmf.MdtBody, MessageSide.Request, out MdtBody wanted)
            || !enqueue.Request.Capsule.TryGetString(Rmf.Name, MessageSide.Request, out ReadOnlySpan<byte> name))
            return new(Errno.EPROTO);
        if ((wanted.Valid & MdtValid.FLCROSSREF) != 0)
            bits = bits & ~InodeBits.LOOKUP | InodeBits.PERM;
        for (int round = 0; round < MaxLookups; round++)
        {
            Errno error = FindNamed(enqueue, wanted, name, out IDtObject? child);
            if (error != Errno.OK || child is null)
                return new(AbortIntent(enqueue, error));
            ValueTask<Result<ServerLock>> taking = TakeForGetattr(enqueue, child, wanted, bits, cancel);
            if (!taking.IsCompletedSuccessfully)
                return GetattrSlowlyAsync(enqueue, wanted, child, bits, taking, cancel);
            if (TryFinishGetattr(enqueue, wanted, name, child, taking.Result, out error))
                return new(error);
        }
        return new(AbortIntent(enqueue, Errno.EBUSY));
    }

    async ValueTask<Errno> GetattrSlowlyAsync(
        ServerEnqueue enqueue, MdtBody wanted, IDtObject child, InodeBits bits,
        ValueTask<Result<ServerLock>> taking, CancellationToken cancel)
    {
        Result<ServerLock> taken = await taking;
        return FinishOrNull(enqueue, wanted, child, taken)
            ?? await GetattrIntentAsync(enqueue, bits, cancel);
    }

    Errno? FinishOrNull(ServerEnqueue enqueue, in MdtBody wanted, IDtObject child, Result<ServerLock> taken)
    {
        enqueue.Request.Capsule.TryGetString(Rmf.Name, MessageSide.Request, out ReadOnlySpan<byte> name);
        return TryFinishGetattr(enqueue, wanted, name, child, taken, out Errno error) ? error : null;
    }

    /// <summary>The object that is meant; null, with OK, for a name that there is not.</summary>
    Errno FindNamed(ServerEnqueue enqueue, in MdtBody wanted, ReadOnlySpan<byte> name, out IDtObject? child)
    {
        child = null;
        enqueue.Dispositions = Dispositions.IT_EXECD | Dispositions.LOOKUP_EXECD;
        Fid fid = wanted.Fid2;
        if ((wanted.Valid & MdtValid.FLCROSSREF) != 0)
            fid = wanted.Fid1;
        else if (!name.IsEmpty)
        {
            Result<IDtObject> parent = _mdd.Find(wanted.Fid1);
            if (parent.Failed)
                return parent.Error == Errno.ENOENT ? Errno.ESTALE : parent.Error;
            Errno error = _mdd.Lookup(parent.Value, CredentialsOf(wanted), name, out DtEntry entry);
            if (error != Errno.OK)
            {
                if (error != Errno.ENOENT)
                    return error;
                enqueue.Dispositions |= Dispositions.LOOKUP_NEG;
                return Errno.OK;
            }
            fid = entry.Fid;
        }
        Result<IDtObject> found = _mdd.Find(fid);
        enqueue.Dispositions |= Dispositions.LOOKUP_POS;
        child = found.Failed ? null : found.Value;
        return found.Error;
    }

    ValueTask<Result<ServerLock>> TakeForGetattr(
        ServerEnqueue enqueue, IDtObject child, in MdtBody wanted, InodeBits bits, CancellationToken cancel)
    {
        var tryBits = InodeBits.NONE;
        if (child.GetAttributes(out DtAttributes attributes) == Errno.OK)
        {
            // What has been left alone for a while is worth a lock on its attributes too: the client's next stat costs
            // nothing then.
            if ((bits & InodeBits.UPDATE) == 0
                && attributes.ChangeTime + Options.ChangeTimeAgeLimitSeconds < Context.UnixSeconds)
                bits |= InodeBits.UPDATE;
            if (attributes.IsRegular && enqueue.Export.Supports(ConnectFlags.LAYOUTLOCK) && wanted.EaDataSize > 0
                && (wanted.Valid & MdtValid.FLEASIZE) != 0)
                tryBits = InodeBits.LAYOUT;
        }
        LdlmPolicyData policy = LockPolicies.Bits(bits, tryBits);
        return _locks.EnqueueLocalAsync(
            LdlmResId.FromFid(child.Fid), LockType.Ibits, LockMode.PR, policy, 0, cancel);
    }

    /// <summary>False: the name stands for something else by now.</summary>
    bool TryFinishGetattr(
        ServerEnqueue enqueue, in MdtBody wanted, ReadOnlySpan<byte> name, IDtObject child, Result<ServerLock> taken,
        out Errno error)
    {
        if (taken.Failed)
        {
            error = AbortIntent(enqueue, taken.Error);
            return true;
        }
        bool byName = !name.IsEmpty && (wanted.Valid & MdtValid.FLCROSSREF) == 0;
        if (byName && !IsStill(wanted.Fid1, name, child.Fid))
        {
            _locks.Release(taken.Value);
            error = Errno.OK;
            return false;
        }
        error = PackGetattr(enqueue.Request, child, wanted, wantsDefaultLayout: false);
        if (error != Errno.OK)
        {
            _locks.Release(taken.Value);
            error = AbortIntent(enqueue, error);
            return true;
        }
        enqueue.Replace(taken.Value);
        return true;
    }

    bool IsStill(Fid parent, ReadOnlySpan<byte> name, Fid child) =>
        _mdd.Resolve(Storage.Locate(parent), name, out DtEntry entry) == Errno.OK && entry.Fid == child;
}
