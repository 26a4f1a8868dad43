using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Mds.Mdd;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Mds.Mdt;

// Extended attributes: MDS_GETXATTR, REINT_SETXATTR (lustre/mdt/mdt_xattr.c).
public sealed partial class MdtDevice
{
    static ReadOnlySpan<byte> LustreLov => "lustre.lov"u8;

    Errno Getxattr(ServerRequest request)
    {
        request.Capsule.SetFormat(RequestFormats.MdsGetxattr);
        if (!request.Capsule.TryGet(Rmf.MdtBody, MessageSide.Request, out MdtBody wanted))
            return Errno.EPROTO;
        Result<IDtObject> found = _mdd.Find(wanted.Fid1);
        if (found.Failed)
            return found.Error;
        Errno error = (wanted.Valid & MdtValidMasks.FLXATTRALL) switch
        {
            MdtValid.FLXATTR => GetOneXattr(request, found.Value, wanted),
            MdtValid.FLXATTRLS => ListXattrs(request, found.Value, wanted),
            _ => Errno.EINVAL,
        };
        return error;
    }

    Errno GetOneXattr(ServerRequest request, IDtObject o, in MdtBody wanted)
    {
        if (NameOf(request, out ReadOnlySpan<byte> name) is var error and not Errno.OK)
            return error;
        if (!request.Export!.Supports(ConnectFlags.XATTR) && name.StartsWith(DtXattr.UserPrefix))
            return Errno.EOPNOTSUPP;
        if (name.SequenceEqual(LustreLov))
            name = DtXattr.Lov;
        Result<int> length = o.GetXattr(name, default);
        // Clients take the absence of a layout for an empty one.
        if (length.Error == Errno.ENODATA && name.SequenceEqual(DtXattr.Lov))
            length = 0;
        if (length.Error == Errno.ENODATA)
            return PackAbsent(request);
        if (length.Failed)
            return length.Error;
        error = PackXattrs(request, wanted, length.Value);
        if (error != Errno.OK || wanted.EaDataSize == 0 || length.Value == 0)
            return error;
        // Its bytes may have moved with the reply's packing, never the request's.
        Result<int> copied = o.GetXattr(name, request.Capsule.GetBytes(Rmf.Eadata, MessageSide.Reply));
        return copied.Error;
    }

    Errno ListXattrs(ServerRequest request, IDtObject o, in MdtBody wanted)
    {
        Result<int> length = o.ListXattrs(default);
        if (length.Failed)
            return length.Error;
        Errno error = PackXattrs(request, wanted, length.Value);
        if (error != Errno.OK || wanted.EaDataSize == 0 || length.Value == 0)
            return error;
        return o.ListXattrs(request.Capsule.GetBytes(Rmf.Eadata, MessageSide.Reply)).Error;
    }

    /// <summary>Lays the reply out: without room at the client only the size is told. ERANGE: less room than it
    /// takes.</summary>
    static Errno PackXattrs(ServerRequest request, in MdtBody wanted, int size)
    {
        if (wanted.EaDataSize != 0 && wanted.EaDataSize < size)
            return Errno.ERANGE;
        MdtReply.SetSizes(request.Capsule);
        request.Capsule.SetSize(Rmf.Eadata, MessageSide.Reply, wanted.EaDataSize == 0 ? 0 : size);
        if (request.PackReply() is var error and not Errno.OK)
            return error;
        ref MdtBody body = ref MdtReply.Body(request);
        body.Valid = MdtValid.FLXATTR;      // tells an empty value from one that is not there
        body.EaDataSize = (uint)size;
        return Errno.OK;
    }

    /// <summary>That an attribute is not there is an everyday answer with a body, not a failed request: of those
    /// kernel clients complain on their console (mdt_getxattr).</summary>
    static Errno PackAbsent(ServerRequest request)
    {
        MdtReply.SetSizes(request.Capsule);
        return request.PackReply() is var error and not Errno.OK ? error : Errno.ENODATA;
    }

    async ValueTask<Errno> ReintSetxattrAsync(ServerRequest request, MdtRecReint rec, CancellationToken cancel)
    {
        MdtRecSetxattr record = ReintRecord.Setxattr(rec);
        var context = ContextOf(ReintRecord.CredentialsOf(rec), request);
        Errno error = NameOf(request, out ReadOnlySpan<byte> name);
        if (error != Errno.OK)
            return error;
        bool isLayout = name.SequenceEqual(LustreLov) || name.SequenceEqual(DtXattr.Lov);
        if (!isLayout)
        {
            error = CheckName(request, name, context.Credentials, out bool isIgnored);
            if (error != Errno.OK || isIgnored)
                return error;
        }
        if ((record.Valid & MdtValid.FLXATTR) != 0
            && request.Capsule.GetBytes(Rmf.Eadata, MessageSide.Request).Length > Storage.Parameters.MaxXattrSize)
            return Errno.E2BIG;
        // The access ACL is what clients check permissions by; it came to them with the attributes.
        bool isAccessAcl = name.SequenceEqual(DtXattr.AclAccess);
        InodeBits bits = InodeBits.UPDATE | InodeBits.XATTR | (isLayout ? InodeBits.LAYOUT : 0)
            | (isAccessAcl ? InodeBits.PERM : 0);
        Result<IDtObject> found = _mdd.Find(record.Fid);
        if (found.Failed)
            return Missing(request, found.Error, 0);
        using var locks = new MdtLockSet(_locks);
        error = await locks.AddObjectAsync(record.Fid, LockMode.EX, bits, cancel);
        if (error == Errno.OK)
            error = CheckVersion(context, found.Value, 0);
        if (error != Errno.OK)
            return error;
        SetVersioned(context, found.Value);
        return isLayout
            ? await SetLayoutXattrAsync(request, context, found.Value, record, cancel)
            : SetXattr(request, context, found.Value, record);
    }

    /// <summary>Which names a client may set (mdt_reint_setxattr).</summary>
    /// <param name="request">The request.</param>
    /// <param name="name">The name.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="isIgnored">One that Lustre keeps itself: restoring a backup sets these, and it must not
    /// fail.</param>
    static Errno CheckName(ServerRequest request, ReadOnlySpan<byte> name, in Credentials who, out bool isIgnored)
    {
        isIgnored = false;
        if (name.StartsWith(DtXattr.UserPrefix))
            return request.Export!.Supports(ConnectFlags.XATTR) ? Errno.OK : Errno.EOPNOTSUPP;
        if (name.SequenceEqual(DtXattr.AclAccess) || name.SequenceEqual(DtXattr.AclDefault))
            return request.Export!.Supports(ConnectFlags.ACL) ? Errno.OK : Errno.EOPNOTSUPP;
        if (!name.StartsWith(DtXattr.TrustedPrefix))
            return Errno.OK;
        if (!who.Has(Capabilities.SYS_ADMIN))
            return Errno.EPERM;
        isIgnored = name.SequenceEqual(DtXattr.Lma) || name.SequenceEqual(DtXattr.Lmv)
            || name.SequenceEqual(DtXattr.DefaultLmv) || name.SequenceEqual(DtXattr.Link)
            || name.SequenceEqual(DtXattr.Fid) || name.SequenceEqual(DtXattr.Som)
            || name.SequenceEqual(DtXattr.Hsm) || name.SequenceEqual("trusted.version"u8)
            || name.SequenceEqual("trusted.lfsck_ns"u8);
        return Errno.OK;
    }

    Errno SetXattr(ServerRequest request, in MddContext context, IDtObject o, in MdtRecSetxattr record)
    {
        if (NameOf(request, out ReadOnlySpan<byte> name) is var error and not Errno.OK)
            return error;
        if ((record.Valid & MdtValid.FLXATTRRM) != 0)
            return _mdd.RemoveXattr(context, o, name, record.Time);
        if ((record.Valid & MdtValid.FLXATTR) == 0)
            return Errno.EINVAL;
        ReadOnlySpan<byte> value = request.Capsule.GetBytes(Rmf.Eadata, MessageSide.Request);
        DtXattrFlags flags = (DtXattrFlags)record.Flags & (DtXattrFlags.Create | DtXattrFlags.Replace);
        return _mdd.SetXattr(context, o, name, value, flags, record.Time);
    }

    /// <summary>setstripe by another name: of a file without objects its layout, of a directory its default.</summary>
    async ValueTask<Errno> SetLayoutXattrAsync(
        ServerRequest request, MddContext context, IDtObject o, MdtRecSetxattr record, CancellationToken cancel)
    {
        if ((record.Valid & MdtValid.FLXATTR) == 0)
            return Errno.EOPNOTSUPP;
        byte[] wanted = request.Capsule.GetBytes(Rmf.Eadata, MessageSide.Request).ToArray();
        if (o.Kind == DtObjectKind.Directory)
            return _mdd.SetDefaultLayout(context, o, wanted, record.Time);
        Errno error = o.GetAttributes(out DtAttributes attributes);
        if (error != Errno.OK)
            return error;
        if (!attributes.IsRegular)
            return Errno.EINVAL;
        error = MddPermission.Check(o, attributes, context.Credentials, AccessMask.Write);
        return error == Errno.OK ? await CreateDataAsync(context, o, wanted, cancel) : error;
    }

    /// <summary>Gives a file its objects. EEXIST: it has some.</summary>
    async ValueTask<Errno> CreateDataAsync(
        MddContext context, IDtObject file, ReadOnlyMemory<byte> wanted, CancellationToken cancel)
    {
        if (!file.GetXattr(DtXattr.Lov, default).Failed)
            return Errno.EEXIST;
        Result<Idl.Fids.Fid> directory = MddDevice.ParentOf(file);
        Result<Lod.LodLayout> layout = await _mdd.ChooseLayoutAsync(
            file.Fid, directory.Failed ? null : Storage.Locate(directory.Value), wanted, cancel);
        if (layout.Failed)
            return layout.Error;
        Errno error = _mdd.CreateData(context, file, layout.Value);
        if (error != Errno.OK)
            _mdd.DiscardLayout(layout.Value);
        else
            NoteMdSize(layout.Value.Ea.Length);
        return error;
    }
}
