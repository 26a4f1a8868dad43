using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Ldlm.Server;
using Lustrous.Mds.Mdd;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Mds.Mdt;

// What an enqueue is to do besides locking (mdt_intent_policy of lustre/mdt/mdt_handler.c).
public sealed partial class MdtDevice
{
    ValueTask<Errno> ExecuteIntentAsync(ServerEnqueue enqueue, CancellationToken cancel)
    {
        if (enqueue.Intent == 0)
            return new(Plain(enqueue));
        RequestCapsule capsule = enqueue.Request.Capsule;
        bool isPart = ReferenceEquals(capsule.Format, RequestFormats.ButGetattr);
        if (isPart && enqueue.Intent is not (IntentOps.GETATTR or IntentOps.LOOKUP))
            return new(Errno.EPROTO);
        if (!isPart)
            capsule.Extend(FormatSelector.OfRequest(capsule.Request)!);
        if ((enqueue.Intent & IntentOps.OPEN) != 0)
            return OpenIntentAsync(enqueue, cancel);
        return enqueue.Intent switch
        {
            IntentOps.CREAT => CreateIntentAsync(enqueue, cancel),
            IntentOps.GETATTR => GetattrIntentAsync(
                enqueue, InodeBits.LOOKUP | InodeBits.UPDATE | InodeBits.PERM, cancel),
            IntentOps.LOOKUP => GetattrIntentAsync(enqueue, InodeBits.LOOKUP | InodeBits.PERM, cancel),
            IntentOps.LAYOUT => LayoutIntentAsync(enqueue, cancel),
            IntentOps.GETXATTR => GetxattrIntentAsync(enqueue, cancel),
            IntentOps.READDIR => new(Plain(enqueue)),
            IntentOps.QUOTA_DQACQ or IntentOps.QUOTA_CONN => new(Errno.EOPNOTSUPP),
            _ => new(Errno.EPROTO),
        };
    }

    /// <summary>Nothing but the lock.</summary>
    static Errno Plain(ServerEnqueue enqueue)
    {
        enqueue.Dispositions = enqueue.Intent == 0 ? 0 : Dispositions.IT_EXECD;
        return MdtReply.Pack(enqueue.Request);
    }

    /// <summary>The intent came to nothing: no lock, and the reason in the reply.</summary>
    static Errno AbortIntent(ServerEnqueue enqueue, Errno status)
    {
        enqueue.IntentStatus = status;
        enqueue.Abort();
        return enqueue.Request.IsReplyPacked ? Errno.OK : MdtReply.Pack(enqueue.Request);
    }

    /// <summary>mkdir and its like with a lock on what is made (the IT_CREAT of mdt_create).</summary>
    async ValueTask<Errno> CreateIntentAsync(ServerEnqueue enqueue, CancellationToken cancel)
    {
        ServerRequest request = enqueue.Request;
        if (!request.Capsule.TryGet(Rmf.RecReint, MessageSide.Request, out MdtRecReint rec)
            || rec.Opcode != ReintOp.Create)
            return Errno.EPROTO;
        enqueue.Dispositions = Dispositions.IT_EXECD | Dispositions.LOOKUP_EXECD;
        if (MdtReply.Pack(request) is var error and not Errno.OK)
            return error;
        using var locks = new MdtLockSet(_locks);
        MdtRecCreate record = ReintRecord.Create(rec);
        Result<IDtObject> made = IsMadeBefore(request, record)
            ? Storage.Find(record.Fid2)
            : await CreateAsync(request, record, locks, cancel);
        if (made.Failed)
            return AbortIntent(enqueue, made.Error);
        enqueue.Dispositions |= Dispositions.OPEN_CREATE | Dispositions.LOOKUP_NEG;
        Result<ServerLock> taken = await _locks.EnqueueLocalAsync(
            LdlmResId.FromFid(made.Value.Fid), LockType.Ibits, LockMode.PR,
            Ldlm.LockPolicies.Bits(InodeBits.LOOKUP | InodeBits.UPDATE | InodeBits.PERM), 0, cancel);
        if (taken.Failed)
            return AbortIntent(enqueue, taken.Error);
        enqueue.Replace(taken.Value);
        error = made.Value.GetAttributes(out DtAttributes attributes);
        MdtReply.PackAttributes(ref MdtReply.Body(request), made.Value, attributes, LayoutKnowledge.NotAsked);
        return error;
    }

    /// <summary>A resend whose first sending was executed: the name stands for the FID that only this client could
    /// choose.</summary>
    bool IsMadeBefore(ServerRequest request, in MdtRecCreate record) =>
        (request.Flags & Idl.Ptlrpc.MsgFlags.RESENT) != 0
        && NameOf(request, out ReadOnlySpan<byte> name) == Errno.OK && IsStill(record.Fid1, name, record.Fid2);

    /// <summary>All extended attributes at once, under a lock so that the client may keep them
    /// (mdt_getxattr_all).</summary>
    async ValueTask<Errno> GetxattrIntentAsync(ServerEnqueue enqueue, CancellationToken cancel)
    {
        ServerRequest request = enqueue.Request;
        if (!request.Capsule.TryGet(Rmf.MdtBody, MessageSide.Request, out MdtBody wanted)
            || (wanted.Valid & MdtValidMasks.FLXATTRALL) != MdtValidMasks.FLXATTRALL)
            return Errno.EPROTO;
        if (wanted.EaDataSize == 0 || wanted.EaDataSize > Storage.Parameters.MaxXattrSize
            || wanted.EaDataSize % sizeof(uint) != 0)
            return Errno.EINVAL;
        Result<IDtObject> found = _mdd.Find(wanted.Fid1);
        if (found.Failed)
            return AbortIntent(enqueue, found.Error);
        Result<ServerLock> taken = await _locks.EnqueueLocalAsync(
            LdlmResId.FromFid(wanted.Fid1), LockType.Ibits, enqueue.Mode, Ldlm.LockPolicies.Bits(InodeBits.XATTR), 0,
            cancel);
        if (taken.Failed)
            return AbortIntent(enqueue, taken.Error);
        Errno error = PackAllXattrs(request, found.Value, (int)wanted.EaDataSize);
        if (error != Errno.OK)
        {
            _locks.Release(taken.Value);
            return AbortIntent(enqueue, error);
        }
        enqueue.Replace(taken.Value);
        return Errno.OK;
    }

    /// <summary>Names, then values, then the values' lengths. ERANGE: names or values take more room than the client
    /// has; it then asks for single ones.</summary>
    static Errno PackAllXattrs(ServerRequest request, IDtObject o, int room)
    {
        var names = new byte[room];
        Result<int> namesLength = o.ListXattrs(names);
        if (namesLength.Failed)
            return namesLength.Error;
        var values = new byte[room];
        var lengths = new List<uint>();
        int used = 0;
        ReadOnlySpan<byte> rest = names.AsSpan(0, namesLength.Value);
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOf((byte)0);
            Result<int> length = o.GetXattr(rest[..end], default);
            if (!length.Failed && length.Value > room - used)
                return Errno.ERANGE;
            if (!length.Failed && length.Value > 0)
                length = o.GetXattr(rest[..end], values.AsSpan(used));
            if (length.Failed)
                return length.Error;
            lengths.Add((uint)length.Value);
            used += length.Value;
            rest = rest[(end + 1)..];
        }
        RequestCapsule capsule = request.Capsule;
        MdtReply.SetSizes(capsule);
        capsule.SetSize(Rmf.Eadata, MessageSide.Reply, namesLength.Value);
        capsule.SetSize(Rmf.Eavals, MessageSide.Reply, used);
        capsule.SetSize(Rmf.EavalsLens, MessageSide.Reply, lengths.Count * sizeof(uint));
        if (request.PackReply() is var error and not Errno.OK)
            return error;
        capsule.SetBytes(Rmf.Eadata, MessageSide.Reply, names.AsSpan(0, namesLength.Value));
        capsule.SetBytes(Rmf.Eavals, MessageSide.Reply, values.AsSpan(0, used));
        lengths.CopyTo(capsule.GetArray(Rmf.EavalsLens, MessageSide.Reply));
        ref MdtBody body = ref MdtReply.Body(request);
        body.Valid = MdtValid.FLXATTR;
        body.EaDataSize = (uint)namesLength.Value;
        body.AclSize = (uint)used;                      // bytes of the values
        body.MaxMdSize = (uint)lengths.Count;
        return Errno.OK;
    }
}
