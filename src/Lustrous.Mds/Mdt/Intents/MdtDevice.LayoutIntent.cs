using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ldlm.Server;
using Lustrous.Mds.Lod;
using Lustrous.Mds.Mdd;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Mds.Mdt;

// Who reads or writes a file wants its layout, and objects where it is going to write (mdt_intent_layout,
// mdt_layout_change of lustre/mdt).
public sealed partial class MdtDevice
{
    /// <summary>The layout comes as the lock's value block. Whoever is going to write gets one that has objects there,
    /// and a lock to share, though he asked for one of his own.</summary>
    async ValueTask<Errno> LayoutIntentAsync(ServerEnqueue enqueue, CancellationToken cancel)
    {
        RequestCapsule capsule = enqueue.Request.Capsule;
        if (!capsule.TryGet(Rmf.LayoutIntent, MessageSide.Request, out LayoutIntent intent))
            return Errno.EPROTO;
        if (intent.Opcode is not (LayoutIntentOp.Access or LayoutIntentOp.Write or LayoutIntentOp.Trunc))
            return intent.Opcode < LayoutIntentOp.Change ? Errno.EOPNOTSUPP : Errno.EINVAL;
        if (intent.Opcode != LayoutIntentOp.Access && intent.Extent.End <= intent.Extent.Start)
            return Errno.EINVAL;
        IDtObject file = Storage.Locate(enqueue.Asked.Resource.Name.ToFid());
        enqueue.Dispositions = Dispositions.IT_EXECD;
        if ((enqueue.Request.Flags & MsgFlags.REPLAY) != 0)
            return AbortIntent(enqueue, ChangeLayoutAgain(enqueue.Request, file));
        ServerLock? shared = null;
        if (intent.Opcode != LayoutIntentOp.Access)
        {
            Errno status = await InstantiateAsync(enqueue, file, intent.Extent, cancel);
            if (status != Errno.OK)
                return AbortIntent(enqueue, status);
            Result<ServerLock> taken = await _locks.EnqueueLocalAsync(
                LdlmResId.FromFid(file.Fid), LockType.Ibits, LockMode.CR,
                Ldlm.LockPolicies.Bits(InodeBits.LAYOUT, InodeBits.UPDATE), 0, cancel);
            if (taken.Failed)
                return AbortIntent(enqueue, taken.Error);
            shared = taken.Value;
        }
        Result<int> length = file.GetXattr(DtXattr.Lov, default);
        MdtReply.SetSizes(capsule);
        capsule.SetSize(Rmf.DlmLvb, MessageSide.Reply, length.Failed ? 0 : length.Value);
        Errno packed = enqueue.Request.PackReply();
        if (shared is null)
            return packed;
        if (packed == Errno.OK)
            enqueue.Replace(shared);
        else
            _locks.Release(shared);
        return packed;
    }

    /// <summary>Makes objects for the part of a file that is going to be written. Everybody's LAYOUT lock is taken
    /// first; whoever was faster has done it for us.</summary>
    async ValueTask<Errno> InstantiateAsync(
        ServerEnqueue enqueue, IDtObject file, LuExtent extent, CancellationToken cancel)
    {
        const int Attempts = 8;
        MddContext context = ContextOf(Credentials.Root, enqueue.Request);
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            if (!file.Exists)
                return Errno.ENOENT;
            byte[]? before = MddDevice.GetLayout(file);
            if (before is null || !LovCompositeEa.IsComposite(before))
                return Errno.OK;
            Result<LovCompositeEa> layout = LovCompositeEa.Parse(before);
            if (layout.Failed)
                return Errno.EIO;
            if (layout.Value.IsInitialized(extent))
                return Errno.OK;
            Result<LodLayout> extended = await _mdd.ExtendLayoutAsync(file.Fid, before, extent, cancel);
            if (extended.Failed)
                return NoLayout(enqueue, extended.Error);
            Errno status = await ChangeLayoutAsync(context, file, before, extended.Value, cancel);
            if (status == Errno.OK)
                return Errno.OK;
            _mdd.DiscardLayout(extended.Value);
            if (status != Errno.EAGAIN)
                return status;
        }
        return NoLayout(enqueue, Errno.EAGAIN);
    }

    /// <summary>A change that was made in the target's former life: the client brings the layout that came of it. What
    /// it holds of the file it tells later.</summary>
    Errno ChangeLayoutAgain(ServerRequest request, IDtObject file)
    {
        if (!file.Exists)
            return Errno.ENOENT;
        Result<LodLayout> layout = _mdd.RecallLayout(request.Capsule.GetBytes(Rmf.Eadata, MessageSide.Request));
        if (layout.Failed)
            return layout.Error;
        byte[]? before = MddDevice.GetLayout(file);
        return before is null
            ? _mdd.CreateData(ContextOf(Credentials.Root, request), file, layout.Value)
            : _mdd.ChangeLayout(ContextOf(Credentials.Root, request), file, before, layout.Value);
    }

    async ValueTask<Errno> ChangeLayoutAsync(
        MddContext context, IDtObject file, byte[] before, LodLayout layout, CancellationToken cancel)
    {
        using var locks = new MdtLockSet(_locks);
        Errno status = await locks.AddObjectAsync(file.Fid, LockMode.EX, InodeBits.LAYOUT, cancel);
        if (status == Errno.OK)
            status = _mdd.ChangeLayout(context, file, before, layout);
        if (status == Errno.OK)
            NoteMdSize(layout.Ea.Length);
        return status;
    }
}
