using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Hsm;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Mds.Mdd;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Mds.Mdt;

// How a file stands with an archive: MDS_HSM_STATE_GET and _SET (lustre/mdt/mdt_hsm.c). There is no coordinator, so
// nothing is ever archived; but kernel clients mark a file dirty after a truncate or a change of its times.
public sealed partial class MdtDevice
{
    const HsmStates UserStates = HsmStates.NORELEASE | HsmStates.NOARCHIVE | HsmStates.DIRTY;

    const HsmStates KnownStates =
        UserStates | HsmStates.EXISTS | HsmStates.LOST | HsmStates.RELEASED | HsmStates.ARCHIVED | HsmStates.PCCRW
        | HsmStates.PCCRO;

    Errno HsmStateGet(ServerRequest request)
    {
        request.Capsule.SetFormat(RequestFormats.MdsHsmStateGet);
        if (!request.Capsule.TryGet(Rmf.MdtBody, MessageSide.Request, out MdtBody wanted))
            return Errno.EPROTO;
        if (request.PackReply() is var error and not Errno.OK)
            return error;
        Result<IDtObject> found = _mdd.Find(wanted.Fid1);
        if (found.Failed)
            return found.Error;
        Result<HsmAttrs> hsm = GetHsm(found.Value);
        if (hsm.Failed)
            return hsm.Error;
        request.Capsule.Set(Rmf.HsmUserState, MessageSide.Reply, new HsmUserState
        {
            States = hsm.Value.Flags,
            ArchiveId = (uint)hsm.Value.ArchiveId,
        });
        return Errno.OK;
    }

    async ValueTask<Errno> HsmStateSetAsync(ServerRequest request, CancellationToken cancel)
    {
        request.Capsule.SetFormat(RequestFormats.MdsHsmStateSet);
        if (!request.Capsule.TryGet(Rmf.MdtBody, MessageSide.Request, out MdtBody wanted)
            || !request.Capsule.TryGet(Rmf.HsmStateSet, MessageSide.Request, out HsmStateSet change))
            return Errno.EPROTO;
        // Refusals are everyday answers: a reply without its buffers would make kernel clients complain.
        if (request.PackReply() is var error and not Errno.OK)
            return error;
        Credentials who = CredentialsOf(wanted);
        ulong touched = change.Setmask | change.Clearmask;
        if ((touched & ~(ulong)KnownStates) != 0)
            return Errno.EINVAL;
        if ((touched & ~(ulong)UserStates) != 0 && !who.Has(Capabilities.SYS_ADMIN))
            return Errno.EPERM;
        Result<IDtObject> found = _mdd.Find(wanted.Fid1);
        if (found.Failed)
            return found.Error;
        using var locks = new MdtLockSet(_locks);
        error = await locks.AddObjectAsync(
            wanted.Fid1, LockMode.PW, InodeBits.LOOKUP | InodeBits.XATTR, cancel);
        return error == Errno.OK ? ChangeHsm(new MddContext(who, request), found.Value, change) : error;
    }

    Errno ChangeHsm(in MddContext context, IDtObject o, in HsmStateSet change)
    {
        Errno error = o.GetAttributes(out DtAttributes attributes);
        if (error != Errno.OK)
            return error;
        Result<HsmAttrs> now = GetHsm(o);
        if (now.Failed)
            return now.Error;
        HsmAttrs hsm = now.Value;
        if ((change.Valid & HsmStateSetValid.SETMASK) != 0)
            hsm.Flags |= (HsmStates)change.Setmask;
        if ((change.Valid & HsmStateSetValid.CLEARMASK) != 0)
            hsm.Flags &= ~(HsmStates)change.Clearmask;
        if ((change.Valid & HsmStateSetValid.ARCHIVE_ID) != 0)
        {
            if ((hsm.Flags & HsmStates.EXISTS) == 0)
                return Errno.OK;        // the number of an archive that has nothing: without effect
            hsm.ArchiveId = change.ArchiveId;
        }
        if (!IsConsistent(hsm.Flags))
            return Errno.EINVAL;
        if (!MddPermission.IsOwner(attributes, context.Credentials))
            return Errno.EPERM;
        // Not as the user, who may not set trusted.…: what may be set was looked at above.
        return _mdd.SetXattr(
            context with { Credentials = Credentials.Root }, o, DtXattr.Hsm,
            MemoryMarshal.AsBytes(new ReadOnlySpan<HsmAttrs>(in hsm)), DtXattrFlags.None, attributes.ChangeTime);
    }

    /// <summary>Dirty, only what has a copy; released, only what is archived and clean; lost, only what was
    /// archived.</summary>
    static bool IsConsistent(HsmStates states)
    {
        if ((states & HsmStates.DIRTY) != 0 && (states & (HsmStates.EXISTS | HsmStates.RELEASED)) != HsmStates.EXISTS)
            return false;
        return (states & (HsmStates.RELEASED | HsmStates.LOST)) == 0 || (states & HsmStates.ARCHIVED) != 0;
    }

    static Result<HsmAttrs> GetHsm(IDtObject o)
    {
        HsmAttrs hsm = default;
        Result<int> length = o.GetXattr(DtXattr.Hsm, MemoryMarshal.AsBytes(new Span<HsmAttrs>(ref hsm)));
        if (length.Error == Errno.ENODATA)
            return default(HsmAttrs);
        if (length.Failed)
            return length.Error;
        return length.Value == Unsafe.SizeOf<HsmAttrs>() ? hsm : Errno.EIO;
    }
}
