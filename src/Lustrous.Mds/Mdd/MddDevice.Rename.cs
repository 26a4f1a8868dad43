using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Mds.Mdd;

// Names that move (mdd_rename of lustre/mdd/mdd_dir.c).
public sealed partial class MddDevice
{
    /// <summary>Directories one may have above another; more is a circle on the disk.</summary>
    const int MaxDepth = 16384;

    /// <summary>Whether a directory is below another, or is it (mdd_is_subdir).</summary>
    /// <returns>ENOENT: it has been removed; EIO: the directories form a circle.</returns>
    public Result<bool> IsBelow(IDtObject directory, Fid ancestor)
    {
        ArgumentNullException.ThrowIfNull(directory);
        IDtObject o = directory;
        for (int depth = 0; depth < MaxDepth; depth++)
        {
            if (o.Fid == ancestor)
                return true;
            if (o.Fid.IsRoot)
                return false;
            if (o.Lookup(".."u8, out DtEntry parent) is var error and not Errno.OK)
                return error;
            o = _device.Locate(parent.Fid);
        }
        return Errno.EIO;
    }

    /// <summary>
    /// Moves a name, in place of another if there is one. The caller holds the locks of both names, of both objects
    /// and, when directories move between directories, the one that keeps other renames away; and has made sure that
    /// the source is not above the new directory, nor the victim above the old one.
    /// </summary>
    /// <param name="context">Who asks.</param>
    /// <param name="rename">What.</param>
    /// <param name="victimLeft">What the victim's attributes are now.</param>
    /// <returns>ENOENT, EACCES, EPERM, EISDIR, ENOTDIR, ENOTEMPTY, EBUSY: the root; EMLINK, ENAMETOOLONG, EINVAL;
    /// EXDEV: to a directory of another project; ENOSPC.</returns>
    public Errno Rename(in MddContext context, scoped in MddRename rename, out DtAttributes victimLeft)
    {
        victimLeft = default;
        Errno error = CheckRename(
            context.Credentials, rename, out DtAttributes oldDirectory, out DtAttributes newDirectory,
            out DtAttributes source, out DtAttributes victim);
        if (error != Errno.OK)
            return error;
        Removal removal = default;
        if (rename.Victim is { } loser)
            removal = BeginRemoval(loser, victim);
        DtTransaction tx = _transactions.Begin(context.Owner);
        error = DeclareRename(tx, rename, ref removal);
        if (error == Errno.OK)
            error = tx.Start();
        if (error == Errno.OK)
            error = MoveName(tx, rename, source);
        if (error == Errno.OK)
        {
            FinishRename(tx, rename, source, oldDirectory, newDirectory);
            if (rename.Victim is not null)
                Remove(tx, ref removal, rename.NewParent.Fid, rename.NewName, rename.Time);
        }
        victimLeft = removal.Left;
        tx.Stop(error);
        if (rename.Victim is not null)
            EndRemoval(removal, error);
        return error;
    }

    Errno CheckRename(
        in Credentials who, scoped in MddRename rename, out DtAttributes oldDirectory, out DtAttributes newDirectory,
        out DtAttributes source, out DtAttributes victim)
    {
        newDirectory = source = victim = default;
        Errno error = rename.OldParent.GetAttributes(out oldDirectory);
        if (error == Errno.OK)
            error = rename.NewParent.GetAttributes(out newDirectory);
        if (error == Errno.OK)
            error = rename.Source.GetAttributes(out source);
        if (error == Errno.OK)
            error = CheckNewName(rename.OldName);
        if (error == Errno.OK)
            error = CheckNewName(rename.NewName);
        if (error != Errno.OK)
            return error;
        if (!oldDirectory.IsDirectory || !newDirectory.IsDirectory)
            return Errno.ENOTDIR;
        if (rename.Source.Fid.IsRoot)
            return Errno.EBUSY;
        if (rename.OldParent.Fid.IsDotLustre || rename.NewParent.Fid.IsDotLustre || rename.Source.Fid.IsDotLustre
            || rename.Victim is { Fid.IsDotLustre: true })
            return Errno.EPERM;
        if ((newDirectory.Flags & InodeFlags.PROJINHERIT_FL) != 0 && newDirectory.ProjectId != source.ProjectId)
            return Errno.EXDEV;
        error = MddPermission.MayDelete(rename.OldParent, oldDirectory, source, who);
        if (error != Errno.OK)
            return error;
        bool moves = rename.OldParent.Fid != rename.NewParent.Fid;
        // Its ".." changes, so the directory itself must be writable, as for Linux's own file systems.
        if (moves && source.IsDirectory)
            error = MddPermission.Check(rename.Source, source, who, AccessMask.Write);
        if (error != Errno.OK)
            return error;
        if (rename.Victim is not { } loser)
        {
            error = MddPermission.MayCreate(rename.NewParent, newDirectory, who);
            if (error == Errno.OK && moves && source.IsDirectory && newDirectory.Nlink >= _device.Parameters.MaxNlink)
                return Errno.EMLINK;
            return error;
        }
        error = loser.GetAttributes(out victim);
        return error == Errno.OK ? CheckVictim(who, rename.NewParent, newDirectory, source, loser, victim) : error;
    }

    static Errno CheckVictim(
        in Credentials who, IDtObject parent, in DtAttributes directory, in DtAttributes source, IDtObject loser,
        in DtAttributes victim)
    {
        if (MddPermission.MayDelete(parent, directory, victim, who) is var error and not Errno.OK)
            return error;
        if (source.IsDirectory && !victim.IsDirectory)
            return Errno.ENOTDIR;
        if (!source.IsDirectory && victim.IsDirectory)
            return Errno.EISDIR;
        if (loser.Fid.IsRoot)
            return Errno.EBUSY;
        return victim.IsDirectory && !IsEmpty(loser) ? Errno.ENOTEMPTY : Errno.OK;
    }

    Errno DeclareRename(DtTransaction tx, scoped in MddRename rename, ref Removal removal)
    {
        Errno error = tx.DeclareInsert(rename.NewName.Length);
        if (error == Errno.OK)
            error = tx.DeclareXattr(LinkEa.MaxSize);
        if (error == Errno.OK)
            error = tx.DeclareInsert(2);
        return error == Errno.OK && rename.Victim is not null ? DeclareRemoval(tx, ref removal) : error;
    }

    static Errno MoveName(DtTransaction tx, scoped in MddRename rename, in DtAttributes source)
    {
        var entry = new DtEntry(rename.Source.Fid, source.Type);
        Errno error = rename.Victim is null
            ? rename.NewParent.Insert(tx, rename.NewName, entry)
            : rename.NewParent.Replace(tx, rename.NewName, entry);
        if (error != Errno.OK)
            return error;
        error = rename.OldParent.Remove(tx, rename.OldName);
        if (error != Errno.OK && rename.Victim is null)
            rename.NewParent.Remove(tx, rename.NewName);
        return error;
    }

    void FinishRename(
        DtTransaction tx, scoped in MddRename rename, in DtAttributes source, in DtAttributes oldDirectory,
        in DtAttributes newDirectory)
    {
        bool moves = rename.OldParent.Fid != rename.NewParent.Fid;
        if (source.IsDirectory)
        {
            // A directory counts as a link of its parent: the victim's place is the source's now.
            if (moves)
                rename.Source.Replace(tx, ".."u8, new DtEntry(rename.NewParent.Fid, DtMode.Directory));
            if (moves || rename.Victim is not null)
                rename.OldParent.DropReference(tx);
            if (moves && rename.Victim is null)
                rename.NewParent.AddReference(tx);
        }
        ChangeLinks(tx, rename.Source, rename.OldParent.Fid, rename.OldName, rename.NewParent.Fid, rename.NewName);
        Touch(tx, rename.Source, source, rename.Time, DtValid.ChangeTime);
        Touch(tx, rename.OldParent, oldDirectory, rename.Time, DirectoryTimes);
        if (moves)
            Touch(tx, rename.NewParent, newDirectory, rename.Time, DirectoryTimes);
    }
}
