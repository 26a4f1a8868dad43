using Lustrous.Idl.Layout;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ldlm;
using Lustrous.Ldlm.Server;
using Lustrous.Mds.Lod;
using Lustrous.Mds.Mdd;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Mds.Mdt;

// The second half of an open: locks, the handle, the reply (mdt_object_open_lock, mdt_finish_open, mdt_mfd_open).
public sealed partial class MdtDevice
{
    /// <summary>
    /// Takes what the client may have of the object: what it asked for (OPEN_LOCK), and what nobody is in the way of. A
    /// file that gets its layout now has everybody's LAYOUT lock taken first, and no lock comes with the reply.
    /// </summary>
    async ValueTask<Errno> TakeOpenLockAsync(OpenState open, CancellationToken cancel)
    {
        IDtObject child = open.Child!;
        if (child.GetAttributes(out DtAttributes attributes) is var error and not Errno.OK)
            return error;
        open.Attributes = attributes;
        bool hasLayout = attributes.IsRegular && !child.GetXattr(DtXattr.Lov, default).Failed;
        if (attributes.IsRegular && !hasLayout && open.ShouldCreateData && _mdd.HasLod
            && CheckMayOpen(open) == Errno.OK)
        {
            error = await CreateLayoutForOpenAsync(open, cancel);
            open.MakesLayout = error == Errno.OK;
            if (error != Errno.OK)
                return error;
        }
        if (attributes.IsRegular && !hasLayout && !open.Has(MdsOpenFlags.RELEASE)
            && open.Enqueue.Export.Supports(ConnectFlags.DISP_STRIPE))
        {
            open.Add(Dispositions.OPEN_STRIPE);
        }
        InodeBits bits = 0, tryBits = 0;
        var mode = LockMode.PR;
        if (open.Has(MdsOpenFlags.LOCK))
        {
            mode = open.Has(MdsOpenFlags.FMODE_WRITE) ? LockMode.CW
                : open.Has(MdsOpenFlags.FMODE_EXEC) ? LockMode.PR
                : LockMode.CR;
            bits = InodeBits.LOOKUP | InodeBits.OPEN;
        }
        if (attributes.IsRegular && open.Enqueue.Export.Supports(ConnectFlags.LAYOUTLOCK)
            && (hasLayout || !open.ShouldCreateData))
        {
            tryBits = InodeBits.LAYOUT;
            if ((bits & InodeBits.LOOKUP) == 0)
                tryBits |= InodeBits.LOOKUP;
            // All who change these lock them in PW, which CR does not hear of.
            if (mode != LockMode.CR)
                tryBits |= InodeBits.UPDATE | InodeBits.PERM;
        }
        if ((bits | tryBits) == 0)
            return Errno.OK;
        Result<ServerLock> taken = await _locks.EnqueueLocalAsync(
            LdlmResId.FromFid(child.Fid), LockType.Ibits, mode, LockPolicies.Bits(bits, tryBits),
            0, cancel);
        if (taken.Failed)
            return bits == 0 ? Errno.OK : taken.Error;
        open.Lock = taken.Value;
        // Without OPEN or LAYOUT the client has no use for it.
        if ((taken.Value.Policy.InodeBits.Bits & (InodeBits.OPEN | InodeBits.LAYOUT)) == 0)
            ReleaseOpenLock(open);
        return Errno.OK;
    }

    async ValueTask<Errno> CreateLayoutForOpenAsync(OpenState open, CancellationToken cancel)
    {
        Result<LodLayout> chosen = open.Layout is { } reserved
            ? reserved
            : await _mdd.ChooseLayoutAsync(
                open.Child!.Fid, open.Parent ?? ParentObjectOf(open.Child!), CopyWantedLayout(open), cancel);
        if (chosen.Failed)
            return NoLayout(open.Enqueue, chosen.Error);
        open.Layout = chosen.Value;
        using var locks = new MdtLockSet(_locks);
        Errno error = await locks.AddObjectAsync(open.Child!.Fid, LockMode.EX, InodeBits.LAYOUT, cancel);
        if (error == Errno.OK)
            error = _mdd.CreateData(open.Context, open.Child!, chosen.Value);
        if (error == Errno.OK)
        {
            open.Layout = null;
            NoteMdSize(chosen.Value.Ea.Length);
        }
        // Somebody else was first: as good, unless a certain layout was wanted.
        return error == Errno.EEXIST && !open.Has(MdsOpenFlags.HAS_EA) ? Errno.OK : error;
    }

    IDtObject? ParentObjectOf(IDtObject o)
    {
        Result<Idl.Fids.Fid> parent = MddDevice.ParentOf(o);
        return parent.Failed ? null : Storage.Locate(parent.Value);
    }

    void ReleaseOpenLock(OpenState open)
    {
        if (open.Lock is { } held)
            _locks.Release(held);
        open.Lock = null;
    }

    /// <summary>Checks, and opens: the handle, and with it a transno, since an open has to be replayed.</summary>
    Errno OpenChild(OpenState open)
    {
        IDtObject child = open.Child!;
        if (child.GetAttributes(out DtAttributes attributes) is var error and not Errno.OK)
            return error;
        open.Attributes = attributes;
        bool isSpecial = !attributes.IsRegular && !attributes.IsDirectory;
        // Links are followed by the client; devices and pipes are its own affair (NODEVOH).
        if (attributes.IsSymlink || isSpecial && open.Enqueue.Export.Supports(ConnectFlags.NODEVOH))
        {
            open.Request.ReplyTransno = 0;
            return Errno.OK;
        }
        // What was allowed then may not be now, and is open all the same.
        error = open.IsReplay ? Errno.OK : CheckMayOpen(open);
        if (error != Errno.OK)
            return error;
        if (open.Request.ReplyTransno == 0)
            error = _target.EmptyTransaction(open.Request);
        if (error != Errno.OK)
            return error;
        MdsOpenFlags flags = open.IsCreated ? open.Flags | MdsOpenFlags.CREATED : open.Flags;
        Result<LustreHandle> handle = OpenFor(open.Request, child, flags, open.IsByFid, open.OldHandle);
        if (handle.Failed)
            return handle.Error;
        open.Handle = handle.Value;
        open.Add(Dispositions.OPEN_OPEN);
        if (open.Has(MdsOpenFlags.LOCK) && open.Lock is not null)
            open.Add(Dispositions.OPEN_LOCK);
        return Errno.OK;
    }

    /// <summary>What kinds of open go with what kinds of object, and whether who asks may
    /// (mdd_open_sanity_check).</summary>
    static Errno CheckMayOpen(OpenState open)
    {
        DtAttributes attributes = open.Attributes;
        if (!open.IsCreated && open.Has(MdsOpenFlags.EXCL) && open.Has(MdsOpenFlags.CREAT))
            return Errno.EEXIST;
        if (attributes.IsDirectory && (open.Has(MdsOpenFlags.CREAT) || open.Has(MdsOpenFlags.FMODE_WRITE)))
            return Errno.EISDIR;
        if (!attributes.IsDirectory && open.Has(MdsOpenFlags.DIRECTORY))
            return Errno.ENOTDIR;
        if (!open.IsCreated)
        {
            Errno error = MddPermission.Check(
                open.Child!, attributes, open.Context.Credentials, AccessOf(open, attributes));
            if (error != Errno.OK)
                return error;
        }
        if ((attributes.Flags & InodeFlags.APPEND_FL) == 0)
            return Errno.OK;
        bool overwrites = open.Has(MdsOpenFlags.FMODE_WRITE) && !open.Has(MdsOpenFlags.APPEND);
        return overwrites || open.Has(MdsOpenFlags.TRUNC) ? Errno.EPERM : Errno.OK;
    }

    static AccessMask AccessOf(OpenState open, in DtAttributes attributes)
    {
        // NFS servers open again and again what the owner may write whatever the mode says.
        if (open.Has(MdsOpenFlags.OWNEROVERRIDE) && attributes.Uid == open.Context.Credentials.FsUid)
            return AccessMask.None;
        AccessMask mask = 0;
        if (open.Has(MdsOpenFlags.FMODE_READ))
            mask |= AccessMask.Read;
        if (open.Has(MdsOpenFlags.FMODE_WRITE | MdsOpenFlags.TRUNC | MdsOpenFlags.APPEND))
            mask |= AccessMask.Write;
        if (open.Has(MdsOpenFlags.FMODE_EXEC))
            mask = AccessMask.Execute;
        return mask;
    }

    /// <summary>Packs the reply: attributes come with some errors too, as the client may want to know what is in the
    /// way.</summary>
    Errno FinishOpen(OpenState open, Errno status)
    {
        byte[]? layout = open.Child is { } child && open.Attributes.IsRegular ? MddDevice.GetLayout(child) : null;
        bool isOpen = (open.Enqueue.Dispositions & Dispositions.OPEN_OPEN) != 0;
        // What is no directory though it should be one is not described (mdt_finish_open).
        bool hasChild = (open.Child is { Exists: true } || isOpen) && status != Errno.ENOTDIR;
        if (!hasChild)
            layout = null;
        Result<int> aclSize = hasChild ? MdtReply.MeasureAcl(open.Request, open.Child!) : 0;
        if (status == Errno.OK)
            status = aclSize.Error;
        if (MdtReply.Pack(open.Request, layout?.Length ?? 0, aclSize.Failed ? 0 : aclSize.Value)
            is var error and not Errno.OK)
            return error;
        if (hasChild)
            PackOpenReply(open, layout);
        if (hasChild && !aclSize.Failed
            && MdtReply.PackAcl(open.Request, open.Child!, aclSize.Value) is var changed and not Errno.OK)
            return changed;
        if (status == Errno.OK)
        {
            if (open.Lock is { } granted)
                open.Enqueue.Replace(granted);
            else
                open.Enqueue.Abort();
            return Errno.OK;
        }
        ReleaseOpenLock(open);
        open.Remove(Dispositions.OPEN_LOCK);
        open.Request.ReplyTransno = 0;
        if (status is Errno.ENOTCONN or Errno.ENODEV or Errno.EOVERFLOW)
            return status;
        // The answer is that there is none: no error, as the client may keep that.
        bool isPlainMiss = status == Errno.ENOENT && !open.Has(MdsOpenFlags.CREAT)
            && (open.Enqueue.Dispositions & Dispositions.LOOKUP_NEG) != 0;
        return AbortIntent(open.Enqueue, isPlainMiss ? Errno.OK : status);
    }

    void PackOpenReply(OpenState open, byte[]? layout)
    {
        ref MdtBody body = ref MdtReply.Body(open.Request);
        // Times and links may have changed since they were looked at, by this very open.
        if (open.Child!.GetAttributes(out DtAttributes attributes) != Errno.OK)
            attributes = open.Attributes;
        MdtReply.PackAttributes(
            ref body, open.Child, attributes,
            layout is null || open.MakesLayout ? LayoutKnowledge.None : LayoutKnowledge.Present);
        body.OpenHandle = open.Handle;
        if (!open.IsByFid)
        {
            body.MaxMdSize = (uint)NoteMdSize(0);
            body.Valid |= MdtValid.FLMODEASIZE;
        }
        if (layout is null)
            return;
        open.Request.Capsule.SetBytes(Rmf.MdtMd, MessageSide.Reply, layout);
        body.EaDataSize = (uint)layout.Length;
        body.Valid |= MdtValid.FLEASIZE;
    }
}
