using Lustrous.Idl.Fids;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Mds.Mdd;

// A new file system.
public sealed partial class MddDevice
{
    const uint RootMode = DtMode.Directory | 0x1ED;     // 0755

    /// <summary>Makes what a fresh MDT0000 needs, as far as it is not there: the root and the directory of
    /// orphans.</summary>
    public static Errno Format(IDtDevice device, long now)
    {
        ArgumentNullException.ThrowIfNull(device);
        Errno error = MakeDirectory(device, Fid.Root, RootMode, now);
        return error == Errno.OK
            ? MakeDirectory(device, DtLocalFid.Orphans, DtMode.Directory | 0x1C0, now)
            : error;
    }

    static Errno MakeDirectory(IDtDevice device, Fid fid, uint mode, long now)
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
        // The root is its own parent.
        if (error == Errno.OK)
            error = directory.Insert(tx, "."u8, new DtEntry(fid, DtMode.Directory));
        if (error == Errno.OK)
            error = directory.Insert(tx, ".."u8, new DtEntry(fid, DtMode.Directory));
        tx.Stop(error);
        return error;
    }
}
