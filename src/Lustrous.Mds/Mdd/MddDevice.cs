using System.Runtime.InteropServices;
using System.Text;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;
using Lustrous.Idl.Mdt;
using Lustrous.Mds.Lod;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Mds.Mdd;

/// <summary>
/// The name space on a storage device (<c>struct mdd_device</c>): every operation checks who may do it, then changes
/// objects and directories in one transaction. What keeps two operations apart is the caller's locks: of a directory's
/// name and of the objects that change.
/// </summary>
/// <remarks>Source: lustre/mdd.</remarks>
public sealed partial class MddDevice
{
    const int MaxNameLength = 255;

    readonly NodeContext _context;
    readonly IDtDevice _device;
    readonly IMddTransactions _transactions;

    /// <param name="context">Of the node.</param>
    /// <param name="device">Formatted by <see cref="Format"/>.</param>
    /// <param name="transactions">The target's.</param>
    /// <param name="lod">Makes and destroys the objects of files; null where there are no OSTs.</param>
    public MddDevice(NodeContext context, IDtDevice device, IMddTransactions transactions, ILod? lod)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(device);
        _context = context;
        _device = device;
        _transactions = transactions;
        _lod = lod;
    }

    public IDtDevice Device => _device;

    /// <summary>Who has what open.</summary>
    internal OpenObjects Open { get; } = new();

    /// <summary>The object of that FID. ENOENT: there is none, or no client may name it.</summary>
    public Result<IDtObject> Find(Fid fid) =>
        fid.IsSane && fid.IsNamespaceVisible && !fid.IsZero ? _device.Find(fid) : Errno.ENOENT;

    /// <summary>What a name stands for. ENOENT, ENOTDIR, EACCES without search permission, ENAMETOOLONG.</summary>
    public Errno Lookup(IDtObject parent, in Credentials who, ReadOnlySpan<byte> name, out DtEntry entry)
    {
        ArgumentNullException.ThrowIfNull(parent);
        entry = default;
        if (CheckName(name) is var bad and not Errno.OK)
            return bad;
        if (parent.GetAttributes(out DtAttributes attributes) is var error and not Errno.OK)
            return error;
        if (!attributes.IsDirectory)
            return Errno.ENOTDIR;
        error = MddPermission.Check(parent, attributes, who, AccessMask.Execute);
        return error == Errno.OK ? Resolve(parent, name, out entry) : error;
    }

    /// <summary>What a name stands for, whoever asks. In <c>.lustre/fid</c> a name is a FID, with or without brackets,
    /// and stands for its object (obf_lookup).</summary>
    internal Errno Resolve(IDtObject parent, ReadOnlySpan<byte> name, out DtEntry entry)
    {
        if (parent.Fid != Fid.OpenByFid || name is [(byte)'.', ..])
            return parent.Lookup(name, out entry);
        entry = default;
        Result<Fid> fid = name.Length > MaxFidText ? Errno.ENOENT : Fid.Parse(Encoding.ASCII.GetString(name));
        if (fid.Failed)
            return Errno.ENOENT;
        Result<IDtObject> found = Find(fid.Value);
        if (found.Failed || found.Value.GetAttributes(out DtAttributes attributes) != Errno.OK)
            return Errno.ENOENT;
        entry = new DtEntry(fid.Value, attributes.Type);
        return Errno.OK;
    }

    /// <summary>Directory: fills pages with its names from a hash on.</summary>
    /// <param name="directory">Which.</param>
    /// <param name="hash">Where to begin.</param>
    /// <param name="attrs">What is wanted beside the names.</param>
    /// <param name="pages">Whole pages, at least one.</param>
    /// <returns>Bytes filled. ENOTDIR, ENOENT; EIO: not all names can be read.</returns>
    /// <remarks>Permission is a matter of opening the directory, not of reading it.</remarks>
    public static Result<int> ReadPages(IDtObject directory, ulong hash, DirentAttrs attrs, Span<byte> pages)
    {
        ArgumentNullException.ThrowIfNull(directory);
        if (directory.GetAttributes(out DtAttributes attributes) is var error and not Errno.OK)
            return error;
        if (!attributes.IsDirectory)
            return Errno.ENOTDIR;
        var builder = new DirPageBuilder(pages, attrs, hash);
        // POSIX: of a directory that has been removed not even "." and ".." are seen.
        if (attributes.Nlink == 0 || hash >= DirPageBuilder.EndHash)
            return builder.EndDirectory();
        using DtDirectoryIterator names = directory.Iterate(hash);
        while (names.MoveNext())
        {
            // Hidden: it is found by whoever knows of it (mdd_dir_page_build).
            if (names.Entry.Fid == Fid.DotLustre && directory.Fid.IsRoot)
                continue;
            if (!builder.TryAdd(names.Hash, names.Entry.Fid, names.Entry.Type, names.Name))
                return names.Error == Errno.OK ? builder.EndFull() : names.Error;
        }
        return names.Error == Errno.OK ? builder.EndDirectory() : names.Error;
    }

    /// <summary>Symbolic link: copies its target out, without a NUL. EINVAL: it is none.</summary>
    public static Result<int> ReadLink(IDtObject link, Span<byte> into)
    {
        ArgumentNullException.ThrowIfNull(link);
        if (link.GetAttributes(out DtAttributes attributes) is var error and not Errno.OK)
            return error;
        return attributes.IsSymlink ? link.Read(0, into) : Errno.EINVAL;
    }

    /// <summary>EACCES unless it is allowed; ENOENT.</summary>
    public static Errno CheckAccess(IDtObject o, in Credentials who, AccessMask wanted)
    {
        ArgumentNullException.ThrowIfNull(o);
        Errno error = o.GetAttributes(out DtAttributes attributes);
        return error == Errno.OK ? MddPermission.Check(o, attributes, who, wanted) : error;
    }

    /// <summary>A name that may stand in a directory: EINVAL without one byte or with a slash, ENAMETOOLONG.</summary>
    static Errno CheckName(ReadOnlySpan<byte> name)
    {
        if (name.Length > MaxNameLength)
            return Errno.ENAMETOOLONG;
        return name.IsEmpty || name.Contains((byte)'/') ? Errno.EINVAL : Errno.OK;
    }

    /// <summary>A name that may be made or taken away.</summary>
    static Errno CheckNewName(ReadOnlySpan<byte> name)
    {
        if (CheckName(name) is var error and not Errno.OK)
            return error;
        return name is [(byte)'.'] or [(byte)'.', (byte)'.'] ? Errno.EINVAL : Errno.OK;
    }

    /// <summary>The FID of an object in its own attributes, as every Lustre server keeps it
    /// (<c>trusted.lma</c>).</summary>
    static Errno SetLma(DtTransaction tx, IDtObject o)
    {
        var lma = new LustreMdtAttrs { SelfFid = o.Fid };
        return o.SetXattr(tx, DtXattr.Lma, MemoryMarshal.AsBytes(new Span<LustreMdtAttrs>(ref lma)));
    }

    /// <summary>Moves a directory's times on; a clock that goes behind does not move them back.</summary>
    static Errno Touch(DtTransaction tx, IDtObject o, in DtAttributes now, long time, DtValid which)
    {
        var times = new DtAttributes { ChangeTime = time, ModifyTime = time };
        if ((which & DtValid.ChangeTime) != 0 && time > now.ChangeTime)
            times.Valid |= DtValid.ChangeTime;
        if ((which & DtValid.ModifyTime) != 0 && time > now.ModifyTime)
            times.Valid |= DtValid.ModifyTime;
        return times.Valid == DtValid.None ? Errno.OK : o.SetAttributes(tx, times);
    }

    const int MaxFidText = 48;        // "[0x…:0x…:0x…]"

    const DtValid DirectoryTimes = DtValid.ChangeTime | DtValid.ModifyTime;
}
