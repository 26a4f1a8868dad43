using Lustrous.Idl.Fids;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Mds.Mdd;

// A new file system.
public sealed partial class MddDevice
{
    const uint RootMode = DtMode.Directory | 0x1ED;     // 0755
    const uint OpenByFidMode = DtMode.Directory | 0x40; // 0100: for root

    static ReadOnlySpan<byte> DotLustreName => ".lustre"u8;

    static ReadOnlySpan<byte> OpenByFidName => "fid"u8;

    /// <summary>Makes what a fresh MDT0000 needs, as far as it is not there: the root, the directory of orphans, and
    /// <c>.lustre/fid</c>.</summary>
    public static Errno Format(IDtDevice device, long now)
    {
        ArgumentNullException.ThrowIfNull(device);
        Errno error = MakeDirectory(device, Fid.Root, RootMode, now, Fid.Root);
        if (error == Errno.OK)
            error = MakeDirectory(
                device, DtLocalFid.Orphans, DtMode.Directory | 0x1C0, now, DtLocalFid.Orphans);
        if (error == Errno.OK)
            error = MakeDirectory(device, Fid.DotLustre, RootMode, now, Fid.Root);
        if (error == Errno.OK)
            error = MakeName(device, Fid.Root, DotLustreName, Fid.DotLustre);
        if (error == Errno.OK)
            error = MakeDirectory(device, Fid.OpenByFid, OpenByFidMode, now, Fid.DotLustre);
        return error == Errno.OK ? MakeName(device, Fid.DotLustre, OpenByFidName, Fid.OpenByFid) : error;
    }

    /// <summary>Names a directory in its parent, as far as it is not.</summary>
    static Errno MakeName(IDtDevice device, Fid parent, ReadOnlySpan<byte> name, Fid child)
    {
        IDtObject directory = device.Locate(parent);
        if (directory.Lookup(name, out _) is var known and not Errno.ENOENT)
            return known;
        DtTransaction tx = device.Begin();
        Errno error = tx.DeclareInsert(name.Length);
        if (error == Errno.OK)
            error = tx.Start();
        if (error == Errno.OK)
            error = directory.Insert(tx, name, new DtEntry(child, DtMode.Directory));
        if (error == Errno.OK)
            error = directory.AddReference(tx);
        tx.Stop(error);
        return error;
    }

    static Errno MakeDirectory(IDtDevice device, Fid fid, uint mode, long now, Fid parent)
    {
        IDtObject directory = device.Locate(fid);
        if (directory.Exists)
            return Errno.OK;
        DtTransaction tx = device.Begin();
        Errno error = tx.DeclareCreate();
        if (error == Errno.OK)
            error = tx.DeclareInsert(2, count: 2);
        if (error == Errno.OK)
            error = tx.DeclareXattr(LmaSize);
        if (error == Errno.OK)
            error = tx.Start();
        if (error == Errno.OK)
        {
            error = directory.Create(tx, new DtAttributes
            {
                Valid = DtValid.Mode | DtValid.Times | DtValid.BirthTime | DtValid.Nlink | DtValid.Uid | DtValid.Gid,
                Mode = mode,
                Nlink = 2,
                AccessTime = now,
                ModifyTime = now,
                ChangeTime = now,
                BirthTime = now,
            }, DtObjectFormat.Directory);
        }
        if (error == Errno.OK)
            error = SetLma(tx, directory);
        if (error == Errno.OK)
            error = directory.Insert(tx, "."u8, new DtEntry(fid, DtMode.Directory));
        if (error == Errno.OK)
            error = directory.Insert(tx, ".."u8, new DtEntry(parent, DtMode.Directory));
        tx.Stop(error);
        return error;
    }
}
