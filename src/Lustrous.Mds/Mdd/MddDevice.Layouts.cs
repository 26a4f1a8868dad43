using Lustrous.Idl.Layout;
using Lustrous.Mds.Lod;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Mds.Mdd;

// Layouts of files, and their objects on OSTs, which come and go with the transactions that name them.
public sealed partial class MddDevice
{
    readonly ILod? _lod;

    /// <summary>Whether files get objects on OSTs at all.</summary>
    public bool HasLod => _lod is not null;

    /// <summary>Chooses objects for a new file, or for one that has none yet.</summary>
    /// <param name="file">The file.</param>
    /// <param name="directory">Its directory, whose default layout counts; null when it is not known.</param>
    /// <param name="wanted">What the client asks for; empty for nothing.</param>
    /// <param name="cancel">Ends the wait for an OST.</param>
    /// <returns>EINVAL: such a layout cannot be; ENOSPC, EAGAIN.</returns>
    internal ValueTask<Result<LodLayout>> ChooseLayoutAsync(
        Idl.Fids.Fid file, IDtObject? directory, ReadOnlyMemory<byte> wanted, CancellationToken cancel)
    {
        if (_lod is null)
            return new(Errno.EOPNOTSUPP);
        byte[]? inherited = directory is null ? null : GetLayout(directory);
        if (inherited is null && directory is not { Fid.IsRoot: true })
            inherited = GetLayout(_device.Locate(Idl.Fids.Fid.Root));
        return _lod.ChooseAsync(file, wanted, inherited, cancel);
    }

    /// <summary>A layout that was chosen in the target's former life. EINVAL: it is none.</summary>
    internal Result<LodLayout> RecallLayout(ReadOnlySpan<byte> ea) => _lod is null ? Errno.EINVAL : _lod.Recall(ea);

    internal void DiscardLayout(LodLayout? layout)
    {
        if (layout is not null)
            _lod?.Discard(layout);
    }

    /// <summary>Gives a file that has none its objects (mdd_create_data). The caller holds its LAYOUT lock.</summary>
    /// <returns>EEXIST: it has a layout. ENOSPC.</returns>
    internal Errno CreateData(in MddContext context, IDtObject file, LodLayout layout)
    {
        if (file.GetXattr(DtXattr.Lov, default).Error != Errno.ENODATA)
            return Errno.EEXIST;
        DtTransaction tx = _transactions.Begin(context.Owner);
        Errno error = DeclareLayout(tx, layout);
        if (error == Errno.OK)
            error = tx.Start();
        if (error == Errno.OK)
            error = SetLayout(tx, file, layout, DtXattrFlags.Create);
        tx.Stop(error);
        return error;
    }

    /// <summary>Objects for a part of a file in several components, which has none yet.</summary>
    internal ValueTask<Result<LodLayout>> ExtendLayoutAsync(
        Idl.Fids.Fid file, ReadOnlyMemory<byte> lov, LuExtent extent, CancellationToken cancel) =>
        _lod is null ? new(Errno.EOPNOTSUPP) : _lod.ExtendAsync(file, lov, extent, cancel);

    /// <summary>Gives a file another layout, with new objects besides those that it has (mdd_layout_change). The caller
    /// holds its LAYOUT lock.</summary>
    /// <returns>EAGAIN: it is not <paramref name="before"/> any more.</returns>
    internal Errno ChangeLayout(
        in MddContext context, IDtObject file, ReadOnlySpan<byte> before, LodLayout layout)
    {
        if (!before.SequenceEqual(GetLayout(file)))
            return Errno.EAGAIN;
        DtTransaction tx = _transactions.Begin(context.Owner);
        Errno error = DeclareLayout(tx, layout);
        if (error == Errno.OK)
            error = tx.Start();
        if (error == Errno.OK)
            error = SetLayout(tx, file, layout, DtXattrFlags.Replace);
        tx.Stop(error);
        return error;
    }

    /// <summary>Sets or removes a directory's default layout.</summary>
    /// <returns>ENOTDIR; EINVAL: no such layout; EPERM: not the owner.</returns>
    internal Errno SetDefaultLayout(in MddContext context, IDtObject directory, ReadOnlySpan<byte> wanted, long time)
    {
        if (_lod is null)
            return Errno.EOPNOTSUPP;
        if (directory.GetAttributes(out DtAttributes attributes) is var error and not Errno.OK)
            return error;
        if (!attributes.IsDirectory)
            return Errno.ENOTDIR;
        if (MddPermission.IsFrozen(attributes) || !MddPermission.IsOwner(attributes, context.Credentials))
            return Errno.EPERM;
        Result<byte[]> kept = _lod.CheckDirectoryDefault(wanted);
        if (kept.Failed)
            return kept.Error;
        return kept.Value.Length == 0
            ? ChangeXattr(
                context, directory, attributes, DtXattr.Lov, default, DtXattrFlags.None, time, isRemoval: true)
            : ChangeXattr(context, directory, attributes, DtXattr.Lov, kept.Value, DtXattrFlags.None, time);
    }

    /// <summary>The default layout of a directory as a client sees it: of the root that has none, the file
    /// system's.</summary>
    internal byte[]? GetDefaultLayout(IDtObject directory)
    {
        if (GetLayout(directory) is { } own)
            return own;
        return directory.Fid.IsRoot && _lod is { Default: { } standard } ? standard.ToArray() : null;
    }

    /// <summary>The bytes of <c>trusted.lov</c>; null for none.</summary>
    internal static byte[]? GetLayout(IDtObject o)
    {
        Result<int> length = o.GetXattr(DtXattr.Lov, default);
        if (length.Failed || length.Value == 0)
            return null;
        var bytes = new byte[length.Value];
        return o.GetXattr(DtXattr.Lov, bytes).Failed ? null : bytes;
    }

    Errno DeclareLayout(DtTransaction tx, LodLayout layout)
    {
        Errno error = tx.DeclareXattr(layout.Ea.Length);
        return error == Errno.OK ? _lod!.DeclareCreate(tx, layout) : error;
    }

    Errno SetLayout(
        DtTransaction tx, IDtObject file, LodLayout layout, DtXattrFlags flags = DtXattrFlags.None)
    {
        Errno error = file.SetXattr(tx, DtXattr.Lov, layout.Ea, flags);
        return error == Errno.OK ? _lod!.Create(tx, layout) : error;
    }

    Errno DeclareChangeObjects(DtTransaction tx, byte[]? layout) =>
        _lod is null || layout is null ? Errno.OK : _lod.DeclareChange(tx, layout);

    void DestroyObjects(DtTransaction tx, IDtObject file, byte[]? layout)
    {
        if (_lod is null || layout is null)
            return;
        if (_lod.Destroy(tx, layout) is var error and not Errno.OK)
            _context.Log.Warning("mdd", $"{file.Fid}: its objects are left on the OSTs: {error}");
    }
}
