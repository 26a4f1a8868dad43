using Lustrous.Idl.Mdt;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Mds.Mdd;

// New objects (mdd_create of lustre/mdd/mdd_dir.c).
public sealed partial class MddDevice
{
    /// <summary>Makes an object under a name. The caller holds the name's lock, so that nobody else makes it.</summary>
    /// <returns>EEXIST; EACCES; ENOENT: the directory has been removed; ENOTDIR; ENAMETOOLONG; EMLINK; EPERM: a device
    /// node by somebody who may not; EINVAL; ENOSPC.</returns>
    public Errno Create(
        in MddContext context, IDtObject parent, ReadOnlySpan<byte> name, in MddCreate spec, out IDtObject child)
    {
        ArgumentNullException.ThrowIfNull(parent);
        child = _device.Locate(spec.Fid);
        if (CheckCreate(context, parent, name, spec, out DtAttributes directory) is var error and not Errno.OK)
            return error;
        if (child.Exists)
            return Errno.EEXIST;
        DtAttributes attributes = NewAttributes(context.Credentials, directory, spec);
        NewAcl acl = InheritAcl(context.Credentials, parent, ref attributes);
        DtTransaction tx = _transactions.Begin(context.Owner);
        error = DeclareCreate(tx, name, spec, acl);
        if (error == Errno.OK)
            error = tx.Start();
        if (error == Errno.OK)
            error = Create(tx, parent, directory, name, child, attributes, spec, acl);
        tx.Stop(error);
        return error;
    }

    Errno CheckCreate(
        in MddContext context, IDtObject parent, ReadOnlySpan<byte> name, in MddCreate spec,
        out DtAttributes directory)
    {
        directory = default;
        if (CheckNewName(name) is var error and not Errno.OK)
            return error;
        if (!StatMode.IsKnownType(spec.Mode) || !spec.Fid.IsSane || !spec.Fid.IsNormal)
            return Errno.EINVAL;
        error = parent.GetAttributes(out directory);
        if (error != Errno.OK)
            return error;
        if (!directory.IsDirectory)
            return Errno.ENOTDIR;
        if (parent.Fid.IsDotLustre)
            return Errno.EPERM;
        error = parent.Lookup(name, out _);
        if (error != Errno.ENOENT)
            return error == Errno.OK ? Errno.EEXIST : error;
        error = MddPermission.MayCreate(parent, directory, context.Credentials);
        if (error != Errno.OK)
            return error;
        if (StatMode.IsDirectory(spec.Mode) && directory.Nlink >= _device.Parameters.MaxNlink)
            return Errno.EMLINK;
        bool isDevice = (spec.Mode & DtMode.TypeMask) is DtMode.BlockDevice or DtMode.CharDevice;
        if (isDevice && spec.Device != 0 && !context.Credentials.Has(Capabilities.MKNOD))
            return Errno.EPERM;         // device 0:0 is overlayfs's whiteout, which anybody may make
        if (!StatMode.IsSymlink(spec.Mode))
            return Errno.OK;
        if (spec.Target.IsEmpty)
            return Errno.EINVAL;
        return spec.Target.Length >= _device.Parameters.MaxSymlinkLength ? Errno.ENAMETOOLONG : Errno.OK;
    }

    /// <summary>Owner, mode and times of a new object: the group and the setgid bit come from a setgid directory, the
    /// project from one that hands it on.</summary>
    DtAttributes NewAttributes(in Credentials who, in DtAttributes directory, in MddCreate spec)
    {
        uint mode = spec.Mode;
        bool isDirectory = StatMode.IsDirectory(mode);
        var attributes = new DtAttributes
        {
            Valid = DtValid.Mode | DtValid.Uid | DtValid.Gid | DtValid.Times | DtValid.BirthTime | DtValid.Nlink
                | DtValid.Flags | DtValid.ProjectId,
            Uid = who.FsUid,
            Gid = who.FsGid,
            AccessTime = spec.Time,
            ModifyTime = spec.Time,
            ChangeTime = spec.Time,
            BirthTime = _context.UnixSeconds,
            Nlink = isDirectory ? 2u : 1u,
        };
        if ((directory.Mode & StatMode.S_ISGID) != 0)
        {
            attributes.Gid = directory.Gid;
            const uint setgidProgram = StatMode.S_ISGID | StatMode.S_IXGRP;
            if (isDirectory)
                mode |= StatMode.S_ISGID;
            else if ((mode & setgidProgram) == setgidProgram && !who.IsInGroup(directory.Gid)
                && !who.Has(Capabilities.FSETID))
                mode &= ~StatMode.S_ISGID;
        }
        if ((directory.Flags & InodeFlags.PROJINHERIT_FL) != 0)
        {
            attributes.ProjectId = directory.ProjectId;
            if (isDirectory)
                attributes.Flags = InodeFlags.PROJINHERIT_FL;
        }
        if ((spec.Mode & DtMode.TypeMask) is DtMode.BlockDevice or DtMode.CharDevice)
        {
            attributes.Device = spec.Device;
            attributes.Valid |= DtValid.Device;
        }
        attributes.Mode = mode;
        return attributes;
    }

    Errno DeclareCreate(DtTransaction tx, ReadOnlySpan<byte> name, in MddCreate spec, in NewAcl acl)
    {
        Errno error = tx.DeclareCreate();
        if (error == Errno.OK)
            error = tx.DeclareInsert(name.Length);
        if (error == Errno.OK)
            error = tx.DeclareXattr(LmaSize);
        if (error == Errno.OK)
            error = tx.DeclareXattr(LinkEaSize(name));
        if (error == Errno.OK && StatMode.IsDirectory(spec.Mode))
            error = tx.DeclareInsert(2, count: 2);
        if (error == Errno.OK && !spec.DefaultLayout.IsEmpty)
            error = tx.DeclareXattr(spec.DefaultLayout.Length);
        if (error == Errno.OK)
            error = acl.Declare(tx);
        if (error == Errno.OK && !spec.Target.IsEmpty)
            error = tx.DeclareWrite(_device.Locate(spec.Fid), 0, spec.Target.Length);
        if (error == Errno.OK && spec.Layout is { } layout)
            error = DeclareLayout(tx, layout);
        return error;
    }

    Errno Create(
        DtTransaction tx, IDtObject parent, in DtAttributes directory, ReadOnlySpan<byte> name, IDtObject child,
        in DtAttributes attributes, in MddCreate spec, in NewAcl acl)
    {
        if (child.Create(tx, attributes, DtObjectFormat.ForMode(spec.Mode)) is var error and not Errno.OK)
            return error;
        error = FillNew(tx, parent, name, child, spec);
        if (error == Errno.OK)
            error = acl.Store(tx, child);
        if (error == Errno.OK)
            error = parent.Insert(tx, name, new DtEntry(spec.Fid, spec.Mode & DtMode.TypeMask));
        if (error != Errno.OK)
        {
            child.Destroy(tx);
            return error;
        }
        if (attributes.IsDirectory)
            parent.AddReference(tx);
        return Touch(tx, parent, directory, spec.Time, DirectoryTimes);
    }

    Errno FillNew(DtTransaction tx, IDtObject parent, ReadOnlySpan<byte> name, IDtObject child, in MddCreate spec)
    {
        Errno error = SetLma(tx, child);
        if (error == Errno.OK)
            error = SetFirstLink(tx, child, parent.Fid, name);
        if (error == Errno.OK && StatMode.IsDirectory(spec.Mode))
        {
            error = child.Insert(tx, "."u8, new DtEntry(child.Fid, DtMode.Directory));
            if (error == Errno.OK)
                error = child.Insert(tx, ".."u8, new DtEntry(parent.Fid, DtMode.Directory));
        }
        if (error == Errno.OK && !spec.Target.IsEmpty)
            error = child.Write(tx, 0, spec.Target.Span);
        if (error == Errno.OK && !spec.DefaultLayout.IsEmpty)
            error = child.SetXattr(tx, DtXattr.Lov, spec.DefaultLayout.Span);
        if (error == Errno.OK && spec.Layout is { } layout)
            error = SetLayout(tx, child, layout);
        return error;
    }
}
