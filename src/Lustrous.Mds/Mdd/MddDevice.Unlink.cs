using Lustrous.Idl.Fids;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Mds.Mdd;

// Names that come and go for objects that exist (mdd_link, mdd_unlink of lustre/mdd/mdd_dir.c).
public sealed partial class MddDevice
{
    /// <summary>Gives an object one more name. The caller holds the name's lock and the object's.</summary>
    /// <returns>EPERM: a directory, or an object that may not change; EEXIST; EMLINK; ENOENT: the object or the
    /// directory has been removed; EACCES; ENOTDIR; ENAMETOOLONG.</returns>
    public Errno Link(in MddContext context, IDtObject parent, ReadOnlySpan<byte> name, IDtObject source, long time)
    {
        ArgumentNullException.ThrowIfNull(parent);
        ArgumentNullException.ThrowIfNull(source);
        if (CheckNewName(name) is var error and not Errno.OK)
            return error;
        error = source.GetAttributes(out DtAttributes attributes);
        if (error != Errno.OK)
            return error;
        error = parent.GetAttributes(out DtAttributes directory);
        if (error != Errno.OK)
            return error;
        if (!directory.IsDirectory)
            return Errno.ENOTDIR;
        if (attributes.Nlink == 0)
            return Errno.ENOENT;
        if (attributes.IsDirectory || MddPermission.IsFrozen(attributes) || parent.Fid.IsDotLustre)
            return Errno.EPERM;
        error = MddPermission.MayCreate(parent, directory, context.Credentials);
        if (error != Errno.OK)
            return error;
        error = parent.Lookup(name, out _);
        if (error != Errno.ENOENT)
            return error == Errno.OK ? Errno.EEXIST : error;
        if (attributes.Nlink >= _device.Parameters.MaxNlink)
            return Errno.EMLINK;

        DtTransaction tx = _transactions.Begin(context.Owner);
        error = tx.DeclareInsert(name.Length);
        if (error == Errno.OK)
            error = tx.DeclareXattr(LinkEa.MaxSize);
        if (error == Errno.OK)
            error = tx.Start();
        if (error == Errno.OK)
            error = parent.Insert(tx, name, new DtEntry(source.Fid, attributes.Type));
        if (error == Errno.OK)
        {
            source.AddReference(tx);
            ChangeLinks(tx, source, default, default, parent.Fid, name);
            Touch(tx, source, attributes, time, DtValid.ChangeTime);
            Touch(tx, parent, directory, time, DirectoryTimes);
        }
        tx.Stop(error);
        return error;
    }

    /// <summary>
    /// Takes a name away; the object goes with its last name, unless somebody has it open: then it is an orphan until
    /// the last close. The caller holds the name's lock and the object's.
    /// </summary>
    /// <param name="context">Who asks.</param>
    /// <param name="parent">The directory.</param>
    /// <param name="name">The name; the caller has looked it up.</param>
    /// <param name="child">What it stands for.</param>
    /// <param name="isRmdir">Of rmdir(2), not unlink(2).</param>
    /// <param name="time">Seconds since 1970.</param>
    /// <param name="left">What the object's attributes are now.</param>
    /// <returns>EISDIR, ENOTDIR: not what the call is for; ENOTEMPTY; EPERM: sticky, immutable, append-only; EBUSY: the
    /// root; EACCES; ENOENT; ENAMETOOLONG; EINVAL.</returns>
    public Errno Unlink(
        in MddContext context, IDtObject parent, ReadOnlySpan<byte> name, IDtObject child, bool isRmdir, long time,
        out DtAttributes left)
    {
        ArgumentNullException.ThrowIfNull(parent);
        ArgumentNullException.ThrowIfNull(child);
        left = default;
        if (CheckNewName(name) is var error and not Errno.OK)
            return error;
        error = parent.GetAttributes(out DtAttributes directory);
        if (error != Errno.OK)
            return error;
        if (!directory.IsDirectory)
            return Errno.ENOTDIR;
        error = child.GetAttributes(out DtAttributes attributes);
        if (error != Errno.OK)
            return error;
        if (child.Fid.IsRoot)
            return Errno.EBUSY;
        if (parent.Fid.IsDotLustre || child.Fid.IsDotLustre)
            return Errno.EPERM;
        error = MddPermission.MayDelete(parent, directory, attributes, context.Credentials);
        if (error != Errno.OK)
            return error;
        if (attributes.IsDirectory != isRmdir)
            return isRmdir ? Errno.ENOTDIR : Errno.EISDIR;
        if (isRmdir && !IsEmpty(child))
            return Errno.ENOTEMPTY;

        Removal removal = BeginRemoval(child, attributes);
        DtTransaction tx = _transactions.Begin(context.Owner);
        error = DeclareRemoval(tx, ref removal);
        if (error == Errno.OK)
            error = tx.Start();
        if (error == Errno.OK)
            error = parent.Remove(tx, name);
        if (error == Errno.OK)
        {
            if (isRmdir)
                parent.DropReference(tx);
            Remove(tx, ref removal, parent.Fid, name, time);
            Touch(tx, parent, directory, time, DirectoryTimes);
        }
        left = removal.Left;
        tx.Stop(error);
        EndRemoval(removal, error);
        return error;
    }

    static bool IsEmpty(IDtObject directory)
    {
        const int own = 2;      // "." and ".."
        if (directory.EntryCount <= own)
            return true;
        // A disk may have been told too many: the names are what counts.
        using DtDirectoryIterator names = directory.Iterate(0);
        for (int i = 0; i <= own; i++)
        {
            if (!names.MoveNext())
                return names.Error == Errno.OK;
        }
        return false;
    }

    /// <summary>An object that loses a name, and what becomes of it.</summary>
    struct Removal
    {
        public IDtObject Object;

        /// <summary>It was the last name.</summary>
        public bool IsLast;

        /// <summary>Nobody has it open, so it goes at once.</summary>
        public bool IsDestroyed;

        /// <summary>It gets a name among the orphans.</summary>
        public bool IsListed;

        /// <summary>Its layout, whose objects go with it; null for none.</summary>
        public byte[]? Layout;

        /// <summary>Attributes after the removal.</summary>
        public DtAttributes Left;
    }

    Removal BeginRemoval(IDtObject o, in DtAttributes attributes)
    {
        var removal = new Removal { Object = o, Left = attributes };
        removal.IsLast = attributes.IsDirectory || attributes.Nlink <= 1;
        if (!removal.IsLast)
            return removal;
        removal.IsDestroyed = Open.BeginRemove(o.Fid);
        if (removal.IsDestroyed && attributes.IsRegular)
            removal.Layout = GetLayout(o);
        return removal;
    }

    /// <summary>Taking away must work on a full device too: nothing that is declared here may be in its way.</summary>
    Errno DeclareRemoval(DtTransaction tx, ref Removal removal)
    {
        // Without its name among the orphans the object is still destroyed at the last close, if not after a restart.
        removal.IsListed = removal is { IsLast: true, IsDestroyed: false }
            && tx.DeclareInsert(OrphanNameLength) == Errno.OK;
        return DeclareChangeObjects(tx, removal.Layout);
    }

    /// <summary>In the transaction, after the name is gone from its directory.</summary>
    void Remove(DtTransaction tx, ref Removal removal, Fid parent, ReadOnlySpan<byte> name, long time)
    {
        IDtObject o = removal.Object;
        removal.Left.ChangeTime = Math.Max(removal.Left.ChangeTime, time);
        removal.Left.Nlink = removal.IsLast ? 0 : removal.Left.Nlink - 1;
        if (removal.IsDestroyed)
        {
            DestroyObjects(tx, o, removal.Layout);
            o.Destroy(tx);
            return;
        }
        o.SetAttributes(tx, removal.Left with { Valid = DtValid.Nlink | DtValid.ChangeTime });
        if (removal.IsListed)
            AddOrphan(tx, o, removal.Left.Type);
        if (!removal.IsLast)
            ChangeLinks(tx, o, parent, name, default, default);
    }

    /// <summary>After the transaction has stopped.</summary>
    void EndRemoval(in Removal removal, Errno error)
    {
        if (!removal.IsLast)
            return;
        Fid fid = removal.Object.Fid;
        if (removal.IsDestroyed)
            Open.Destroyed(fid);
        else if (Open.Orphaned(fid, error == Errno.OK))
            DestroyOrphan(MddContext.Server, removal.Object);
    }
}
