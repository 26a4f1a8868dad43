using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Mds.Mdd;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;
using Lustrous.Target.Clients;

namespace Lustrous.Mds.Mdt;

// MDS_REINT: everything that changes the name space but an open (mdt_reint_internal).
public sealed partial class MdtDevice
{
    ValueTask<Errno> ReintAsync(ServerRequest request, CancellationToken cancel)
    {
        RequestCapsule capsule = request.Capsule;
        RequestFormat? format = FormatSelector.OfRequest(capsule.Request);
        if (format is null)
            return new(Errno.EPROTO);
        capsule.SetFormat(format);
        if (!capsule.TryGet(Rmf.RecReint, MessageSide.Request, out MdtRecReint record))
            return new(Errno.EPROTO);
        CancelEarly(request);
        // A reply is packed before anything can fail: errors of a file system come as replies, not as failures.
        if (MdtReply.Pack(request) is var error and not Errno.OK)
            return new(error);
        if (IsAnswered(request, out ReplyRecord answered))
            return new(ReconstructReint(request, record, answered));
        return record.Opcode switch
        {
            ReintOp.Setattr => ReintSetattrAsync(request, record, cancel),
            ReintOp.Create => ReintCreateAsync(request, record, cancel),
            ReintOp.Link => ReintLinkAsync(request, record, cancel),
            ReintOp.Unlink => ReintUnlinkAsync(request, record, cancel),
            ReintOp.Rename => ReintRenameAsync(request, record, cancel),
            ReintOp.Setxattr => ReintSetxattrAsync(request, record, cancel),
            _ => new(Errno.EOPNOTSUPP),
        };
    }

    /// <summary>Done in a former life of the target, and durable; only the answer was lost (mdt_reconstruct of
    /// lustre/mdt/mdt_recovery.c).</summary>
    Errno ReconstructReint(ServerRequest request, in MdtRecReint record, in ReplyRecord answered)
    {
        request.ReplyTransno = answered.Transno;
        request.ReplyVersions = answered.PreVersions;
        Fid fid = record.Opcode switch
        {
            ReintOp.Create => ReintRecord.Create(record).Fid2,
            ReintOp.Setattr => ReintRecord.Setattr(record).Fid,
            _ => default,
        };
        IDtObject o = Storage.Locate(fid);
        // Somebody may have removed it since.
        return !fid.IsZero && o.Exists ? PackAttributesOf(request, o) : Errno.OK;
    }

    /// <summary>Locks that the client gives back along with the request, as it knows what the request takes
    /// (ELC).</summary>
    void CancelEarly(ServerRequest request)
    {
        RequestCapsule capsule = request.Capsule;
        if (capsule.HasField(Rmf.DlmReq, MessageSide.Request)
            && capsule.FieldPresent(Rmf.DlmReq, MessageSide.Request)
            && capsule.GetSize(Rmf.DlmReq, MessageSide.Request) > 0)
            _locks.CancelRequestLocks(request);
    }

    /// <summary>A name of the request; again after each wait, as it lies in the message. EPROTO: there is
    /// none.</summary>
    static Errno NameOf(ServerRequest request, out ReadOnlySpan<byte> name) =>
        request.Capsule.TryGetString(Rmf.Name, MessageSide.Request, out name) ? Errno.OK : Errno.EPROTO;

    /// <summary>The target of a link, or the new name of a rename: bytes with a NUL at the end. EPROTO.</summary>
    static Errno TargetOf(ServerRequest request, out ReadOnlySpan<byte> target)
    {
        target = request.Capsule.GetBytes(Rmf.Symtgt, MessageSide.Request);
        if (target.IsEmpty || target[..^1].Contains((byte)0))
            return Errno.EPROTO;
        if (target[^1] == 0)
            target = target[..^1];
        return Errno.OK;
    }

    async ValueTask<Errno> ReintSetattrAsync(ServerRequest request, MdtRecReint rec, CancellationToken cancel)
    {
        MdtRecSetattr record = ReintRecord.Setattr(rec);
        if ((record.AttrFlags & ~InodeFlagsMasks.FL_USER_VISIBLE) != 0)
            return Errno.EOPNOTSUPP;
        Result<IDtObject> found = _mdd.Find(record.Fid);
        if (found.Failed)
            return Missing(request, found.Error, 0);
        var context = ContextOf(ReintRecord.CredentialsOf(record), request);
        using var locks = new MdtLockSet(_locks);
        Errno error = !request.Capsule.GetBytes(Rmf.Eadata, MessageSide.Request).IsEmpty
            ? await SetDirectoryLayoutAsync(request, context, found.Value, locks, cancel)
            : await SetAttributesAsync(context, found.Value, record, locks, cancel);
        return error == Errno.OK ? PackAttributesOf(request, found.Value) : error;
    }

    static Errno PackAttributesOf(ServerRequest request, IDtObject o)
    {
        Errno error = o.GetAttributes(out DtAttributes attributes);
        if (error == Errno.OK)
            MdtReply.PackAttributes(ref MdtReply.Body(request), o, attributes, LayoutKnowledge.NotAsked);
        return error;
    }

    async ValueTask<Errno> SetAttributesAsync(
        MddContext context, IDtObject o, MdtRecSetattr record, MdtLockSet locks, CancellationToken cancel)
    {
        DtAttributes attributes = ReintRecord.AttributesOf(record);
        MddSetattrFlags flags = ReintRecord.FlagsOf(record.Valid);
        var bits = Idl.Ldlm.InodeBits.UPDATE;
        if ((attributes.Valid & (DtValid.Mode | DtValid.Uid | DtValid.Gid)) != 0)
            bits |= Idl.Ldlm.InodeBits.PERM;
        // The project shows as a virtual extended attribute, which clients keep.
        if ((attributes.Valid & DtValid.ProjectId) != 0)
            bits |= Idl.Ldlm.InodeBits.XATTR;
        Errno error = await locks.AddObjectAsync(o.Fid, Idl.Ldlm.LockMode.PW, bits, cancel);
        if (error != Errno.OK)
            return error;
        bool truncates = (attributes.Valid & DtValid.Size) != 0;
        if ((truncates || (record.Valid & MdsAttrFlags.FROM_OPEN) != 0) && _mdd.Open.IsExecuted(o.Fid))
            return Errno.ETXTBSY;
        error = CheckVersion(context, o, 0);
        if (error != Errno.OK)
            return error;
        SetVersioned(context, o);
        return _mdd.SetAttributes(context, o, new MddSetattr(attributes, flags)
        {
            Som = truncates ? NewSom(o, record, isTruncate: true) : null,
        });
    }

    /// <summary>The default layout of a directory: <c>lfs setstripe DIR</c>.</summary>
    async ValueTask<Errno> SetDirectoryLayoutAsync(
        ServerRequest request, MddContext context, IDtObject directory, MdtLockSet locks, CancellationToken cancel)
    {
        Errno error = await locks.AddObjectAsync(
            directory.Fid, Idl.Ldlm.LockMode.PW, Idl.Ldlm.InodeBits.XATTR, cancel);
        if (error != Errno.OK)
            return error;
        error = CheckVersion(context, directory, 0);
        if (error != Errno.OK)
            return error;
        SetVersioned(context, directory);
        ReadOnlySpan<byte> wanted = request.Capsule.GetBytes(Rmf.Eadata, MessageSide.Request);
        return IsDirectoryStriping(wanted)
            ? Errno.EOPNOTSUPP      // where directories go is no choice with one MDT
            : _mdd.SetDefaultLayout(context, directory, wanted, Context.UnixSeconds);
    }

    static bool IsDirectoryStriping(ReadOnlySpan<byte> ea) =>
        ea.Length >= sizeof(uint)
        && System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(ea) is (uint)Idl.Layout.LmvMagic.USER_MAGIC
            or (uint)Idl.Layout.LmvMagic.MAGIC_STRIPE or (uint)Idl.Layout.LmvMagic.MAGIC_V1;
}
