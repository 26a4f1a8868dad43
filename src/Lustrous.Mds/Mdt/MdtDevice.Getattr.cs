using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Mds.Mdd;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Mds.Mdt;

// Attributes without locks: MDS_GET_ROOT, MDS_GETATTR, MDS_GETATTR_NAME, MDS_SYNC.
public sealed partial class MdtDevice
{
    const MdtValid StripedDirectory = MdtValid.MEA | MdtValid.DEFAULT_MEA;

    int _maxMdSize = 128;       // bytes of the largest layout seen (mdt_max_mdsize)

    /// <summary>The FID of the root, or of the directory that is mounted in its stead.</summary>
    Errno GetRoot(ServerRequest request)
    {
        request.Capsule.SetFormat(RequestFormats.MdsGetRoot);
        if (!request.Capsule.TryGet(Rmf.MdtBody, MessageSide.Request, out MdtBody _))
            return Errno.EPROTO;
        Fid root = Fid.Root;
        if (request.Capsule.TryGetString(Rmf.Name, MessageSide.Request, out ReadOnlySpan<byte> path)
            && FindPath(path, ref root) is var error and not Errno.OK)
            return error;
        error = MdtReply.Pack(request);
        if (error != Errno.OK)
            return error;
        ref MdtBody body = ref MdtReply.Body(request);
        body.Fid1 = root;
        body.Valid = MdtValid.FLID;
        return Errno.OK;
    }

    /// <summary>The directory at the end of a path (mdt_lookup_fileset). ENOENT, ENOTDIR.</summary>
    Errno FindPath(ReadOnlySpan<byte> path, ref Fid fid)
    {
        foreach (Range part in path.Split((byte)'/'))
        {
            ReadOnlySpan<byte> name = path[part];
            if (name.IsEmpty)
                continue;
            if (name.SequenceEqual(".."u8))
                return Errno.EINVAL;
            Errno error = _mdd.Lookup(Storage.Locate(fid), Credentials.Root, name, out DtEntry entry);
            if (error != Errno.OK)
                return error;
            if (entry.Type != DtMode.Directory)
                return Errno.ENOTDIR;
            fid = entry.Fid;
        }
        return Errno.OK;
    }

    Errno Getattr(ServerRequest request)
    {
        request.Capsule.SetFormat(RequestFormats.MdsGetattr);
        if (!request.Capsule.TryGet(Rmf.MdtBody, MessageSide.Request, out MdtBody wanted))
            return Errno.EPROTO;
        Result<IDtObject> found = _mdd.Find(wanted.Fid1);
        return found.Failed ? found.Error : PackGetattr(request, found.Value, wanted, wantsDefaultLayout: true);
    }

    Errno GetattrName(ServerRequest request)
    {
        request.Capsule.SetFormat(RequestFormats.MdsGetattrName);
        if (!request.Capsule.TryGet(Rmf.MdtBody, MessageSide.Request, out MdtBody wanted)
            || !request.Capsule.TryGetString(Rmf.Name, MessageSide.Request, out ReadOnlySpan<byte> name))
            return Errno.EPROTO;
        Result<IDtObject> parent = _mdd.Find(wanted.Fid1);
        if (parent.Failed)
            return parent.Error;
        Errno error = _mdd.Lookup(parent.Value, CredentialsOf(wanted), name, out DtEntry entry);
        if (error != Errno.OK)
            return error;
        // Only the FID is wanted (mdt_raw_lookup).
        if (wanted.Valid == MdtValid.FLID)
        {
            error = MdtReply.Pack(request);
            if (error != Errno.OK)
                return error;
            ref MdtBody body = ref MdtReply.Body(request);
            body.Fid1 = entry.Fid;
            body.Valid = MdtValid.FLID;
            return Errno.OK;
        }
        Result<IDtObject> child = Storage.Find(entry.Fid);
        return child.Failed ? child.Error : PackGetattr(request, child.Value, wanted, wantsDefaultLayout: false);
    }

    /// <summary>
    /// Packs the reply with an object's attributes and what else is wanted: a file's layout, a directory's default one,
    /// a link's target (mdt_getattr_internal).
    /// </summary>
    /// <param name="request">Its capsule has the format.</param>
    /// <param name="o">The object.</param>
    /// <param name="wanted">The request's body.</param>
    /// <param name="wantsDefaultLayout">MDS_GETATTR asks a directory for its default layout; others mean the layout of
    /// a striped directory, of which there is none here.</param>
    Errno PackGetattr(ServerRequest request, IDtObject o, in MdtBody wanted, bool wantsDefaultLayout)
    {
        if (o.GetAttributes(out DtAttributes attributes) is var error and not Errno.OK)
            return error;
        int mdSize = 0;
        byte[]? directoryLayout = null;
        var layout = LayoutKnowledge.NotAsked;
        MdtValid mdValid = 0;
        bool hasRoom = wanted.EaDataSize > 0;
        if (hasRoom && attributes.IsRegular)
        {
            Result<int> length = o.GetXattr(DtXattr.Lov, default);
            layout = length.Failed ? LayoutKnowledge.None : LayoutKnowledge.Present;
            if (!length.Failed && (wanted.Valid & MdtValid.FLEASIZE) != 0)
                (mdSize, mdValid) = (length.Value, MdtValid.FLEASIZE);
        }
        else if (hasRoom && attributes.IsDirectory && wantsDefaultLayout && (wanted.Valid & MdtValid.FLDIREA) != 0
            && (wanted.Valid & StripedDirectory) == 0)
        {
            directoryLayout = _mdd.GetDefaultLayout(o);
            if (directoryLayout is not null)
                (mdSize, mdValid) = (directoryLayout.Length, MdtValid.FLDIREA);
        }
        else if (hasRoom && attributes.IsSymlink && (wanted.Valid & MdtValid.LINKNAME) != 0)
        {
            // With its NUL; a client with less room than that gets the beginning.
            mdSize = (int)Math.Min(attributes.Size + 1, wanted.EaDataSize);
            mdValid = MdtValid.LINKNAME;
        }
        bool wantsAcl = (wanted.Valid & MdtValid.FLACL) != 0;
        Result<int> aclSize = wantsAcl ? MdtReply.MeasureAcl(request, o) : 0;
        if (aclSize.Failed)
            return aclSize.Error;
        error = MdtReply.Pack(request, mdSize, aclSize.Value);
        if (error == Errno.OK && wantsAcl)
            error = MdtReply.PackAcl(request, o, aclSize.Value);
        if (error != Errno.OK)
            return error;
        ref MdtBody body = ref MdtReply.Body(request);
        MdtReply.PackAttributes(ref body, o, attributes, layout);
        if ((wanted.Valid & MdtValid.FLMODEASIZE) != 0)
        {
            body.MaxMdSize = (uint)NoteMdSize(mdValid == MdtValid.FLEASIZE ? mdSize : 0);
            body.Valid |= MdtValid.FLMODEASIZE;
        }
        if (mdSize == 0)
            return Errno.OK;
        Span<byte> md = request.Capsule.GetBytes(Rmf.MdtMd, MessageSide.Reply);
        error = FillMd(o, mdValid, directoryLayout, md);
        if (error != Errno.OK)
            return error;
        body.EaDataSize = (uint)mdSize;
        body.Valid |= mdValid;
        return Errno.OK;
    }

    static Errno FillMd(IDtObject o, MdtValid what, byte[]? directoryLayout, Span<byte> md)
    {
        switch (what)
        {
            case MdtValid.FLEASIZE:
                // It may have changed since it was measured; then the client asks again.
                Result<int> length = o.GetXattr(DtXattr.Lov, md);
                return length.Failed || length.Value != md.Length ? Errno.EAGAIN : Errno.OK;
            case MdtValid.FLDIREA:
                directoryLayout.CopyTo(md);
                return Errno.OK;
            default:
                return MddDevice.ReadLink(o, md[..^1]).Error;
        }
    }

    /// <summary>The largest layout so far: clients make that much room.</summary>
    int NoteMdSize(int size)
    {
        int known = Volatile.Read(ref _maxMdSize);
        while (size > known)
        {
            int before = Interlocked.CompareExchange(ref _maxMdSize, size, known);
            if (before == known)
                return size;
            known = before;
        }
        return known;
    }

    async ValueTask<Errno> SyncAsync(ServerRequest request, CancellationToken cancel)
    {
        request.Capsule.SetFormat(RequestFormats.MdsSync);
        if (!request.Capsule.TryGet(Rmf.MdtBody, MessageSide.Request, out MdtBody wanted))
            return Errno.EPROTO;
        Errno error = await _target.SyncAsync(cancel);
        if (error == Errno.OK)
            error = MdtReply.Pack(request);
        if (error != Errno.OK || wanted.Fid1.IsZero)
            return error;
        Result<IDtObject> found = _mdd.Find(wanted.Fid1);
        if (found.Failed)
            return found.Error;
        error = found.Value.GetAttributes(out DtAttributes attributes);
        if (error == Errno.OK)
            MdtReply.PackAttributes(ref MdtReply.Body(request), found.Value, attributes, LayoutKnowledge.NotAsked);
        return error;
    }

    Credentials CredentialsOf(in MdtBody body) => Known(Credentials.FromRequest(
        body.FsUid, body.FsGid, body.Capability, body.SupplementaryGid, Credentials.NoGid));

    /// <summary>The same with what the server knows of the user.</summary>
    Credentials Known(in Credentials who) => who with { Identities = Options.Identities };

    MddContext ContextOf(in Credentials who, ServerRequest request) => new(Known(who), request);
}
