using Lustrous.Idl.Fids;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Mds.Mdd;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Mds.Mdt;

// REINT_CREATE, REINT_LINK, REINT_UNLINK (mdt_create, mdt_reint_link, mdt_reint_unlink of lustre/mdt/mdt_reint.c).
public sealed partial class MdtDevice
{
    async ValueTask<Errno> ReintCreateAsync(ServerRequest request, MdtRecReint rec, CancellationToken cancel)
    {
        MdtRecCreate record = ReintRecord.Create(rec);
        using var locks = new MdtLockSet(_locks);
        Result<IDtObject> made = await CreateAsync(request, record, locks, cancel);
        return made.Failed ? made.Error : PackAttributesOf(request, made.Value);
    }

    /// <summary>Makes what is not opened: directories, links, nodes; regular files without objects, which the first
    /// open for writing gives them.</summary>
    async ValueTask<Result<IDtObject>> CreateAsync(
        ServerRequest request, MdtRecCreate record, MdtLockSet locks, CancellationToken cancel)
    {
        Result<IDtObject> parent = _mdd.Find(record.Fid1);
        if (parent.Failed)
            return Missing(request, parent.Error, 0);
        if (NameOf(request, out ReadOnlySpan<byte> name) is var error and not Errno.OK)
            return error;
        // Looked up without a lock first: mkdir -p of what exists must not take every client's locks.
        error = parent.Value.Lookup(name, out _);
        if (error != Errno.ENOENT)
            return error == Errno.OK ? Errno.EEXIST : error;
        error = await locks.AddNameAsync(record.Fid1, MdtLockSet.HashOf(name), cancel);
        return error == Errno.OK ? Create(request, record, parent.Value) : error;
    }

    Result<IDtObject> Create(ServerRequest request, in MdtRecCreate record, IDtObject parent)
    {
        Errno error = NameOf(request, out ReadOnlySpan<byte> name);
        if (error != Errno.OK)
            return error;
        byte[] target = [];
        if (StatMode.IsSymlink(record.Mode))
        {
            if (TargetOf(request, out ReadOnlySpan<byte> text) is var bad and not Errno.OK)
                return bad;
            target = text.ToArray();
        }
        // What the root has is everybody's default already.
        byte[]? layout = StatMode.IsDirectory(record.Mode) && !parent.Fid.IsRoot ? MddDevice.GetLayout(parent) : null;
        var spec = new MddCreate
        {
            Fid = record.Fid2,
            Mode = record.Mode,
            Time = record.Time,
            Device = (uint)record.Rdev,
            Target = target,
            DefaultLayout = layout,
        };
        var context = ContextOf(ReintRecord.CredentialsOf(record), request);
        IDtObject wanted = Storage.Locate(record.Fid2);
        error = CheckVersions(context, parent, wanted);
        if (error != Errno.OK)
            return error;
        SetVersioned(context, wanted);
        error = _mdd.Create(context, parent, name, spec, out IDtObject child);
        return error == Errno.OK ? Result.Of(child) : error;
    }

    async ValueTask<Errno> ReintLinkAsync(ServerRequest request, MdtRecReint rec, CancellationToken cancel)
    {
        MdtRecLink record = ReintRecord.Link(rec);
        if (record.Fid1 == record.Fid2)
            return Errno.EPERM;
        Result<IDtObject> parent = _mdd.Find(record.Fid2);
        Result<IDtObject> source = _mdd.Find(record.Fid1);
        if (parent.Failed || source.Failed)
            return Missing(request, Errno.ENOENT, parent.Failed ? 0 : 1);
        if (NameOf(request, out ReadOnlySpan<byte> name) is var error and not Errno.OK)
            return error;
        // A directory is refused before its locks are taken: they would come in the wrong order.
        if (source.Value.Kind == DtObjectKind.Directory)
            return Errno.EPERM;
        using var locks = new MdtLockSet(_locks);
        error = await locks.AddNameAsync(record.Fid2, MdtLockSet.HashOf(name), cancel);
        if (error == Errno.OK)
        {
            error = await locks.AddObjectAsync(
                record.Fid1, LockMode.EX, InodeBits.UPDATE | InodeBits.XATTR, cancel);
        }
        if (error == Errno.OK)
            error = NameOf(request, out name);
        else
            name = default;
        var context = ContextOf(ReintRecord.CredentialsOf(rec), request);
        if (error == Errno.OK)
            error = CheckVersions(context, parent.Value, source.Value);
        if (error != Errno.OK)
            return error;
        SetVersioned(context, source.Value);
        return _mdd.Link(context, parent.Value, name, source.Value, record.Time);
    }

    async ValueTask<Errno> ReintUnlinkAsync(ServerRequest request, MdtRecReint rec, CancellationToken cancel)
    {
        MdtRecUnlink record = ReintRecord.Unlink(rec);
        Result<IDtObject> parent = _mdd.Find(record.Fid1);
        if (parent.Failed)
            return Missing(request, parent.Error, 0);
        if (NameOf(request, out ReadOnlySpan<byte> name) is var error and not Errno.OK)
            return error;
        using var locks = new MdtLockSet(_locks);
        error = await locks.AddNameAsync(record.Fid1, MdtLockSet.HashOf(name), cancel);
        if (error != Errno.OK)
            return error;
        error = LookupChild(request, Known(ReintRecord.CredentialsOf(rec)), parent.Value, out Fid fid);
        if (error == Errno.ENOENT)
            return Missing(request, error, 1);
        if (error == Errno.OK)
            error = await locks.AddObjectAsync(fid, LockMode.EX, InodeBits.LOOKUP | InodeBits.UPDATE, cancel);
        return error == Errno.OK ? Unlink(request, rec, record, parent.Value, fid) : error;
    }

    Errno LookupChild(ServerRequest request, in Credentials who, IDtObject parent, out Fid fid)
    {
        fid = default;
        if (NameOf(request, out ReadOnlySpan<byte> name) is var error and not Errno.OK)
            return error;
        // "." and ".." are in the directory, but no names that could be taken away.
        if (name is [(byte)'.'])
            return Errno.EINVAL;
        if (name is [(byte)'.', (byte)'.'])
            return Errno.ENOTEMPTY;
        error = _mdd.Lookup(parent, who, name, out DtEntry entry);
        fid = entry.Fid;
        return error;
    }

    Errno Unlink(ServerRequest request, in MdtRecReint rec, in MdtRecUnlink record, IDtObject parent, Fid fid)
    {
        if (NameOf(request, out ReadOnlySpan<byte> name) is var error and not Errno.OK)
            return error;
        var context = ContextOf(ReintRecord.CredentialsOf(rec), request);
        IDtObject child = Storage.Locate(fid);
        error = CheckVersions(context, parent, child);
        if (error != Errno.OK)
            return error;
        SetVersioned(context, child);
        error = _mdd.Unlink(
            context, parent, name, child, StatMode.IsDirectory(record.Mode), record.Time, out DtAttributes left);
        if (error == Errno.OK)
            MdtReply.PackAttributes(ref MdtReply.Body(request), fid, left);
        return error;
    }
}
