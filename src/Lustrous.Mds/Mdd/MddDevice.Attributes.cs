using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Layout;
using Lustrous.Idl.Mdt;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Mds.Mdd;

// Attributes (mdd_attr_set and mdd_fix_attr of lustre/mdd/mdd_object.c).
public sealed partial class MddDevice
{
    const uint UnchangedId = uint.MaxValue;
    const DtValid OwnerFields = DtValid.Uid | DtValid.Gid | DtValid.ProjectId;
    const InodeFlags OnlyOfDirectories = InodeFlags.DIRSYNC_FL | InodeFlags.TOPDIR_FL;

    /// <summary>Seconds by which an access time must be newer than the one stored for a close to move it
    /// (<c>atime_diff</c>).</summary>
    const long AtimeDiffSeconds = 60;

    /// <summary>Changes attributes, as far as it is allowed. The caller holds the object's lock.</summary>
    /// <returns>EPERM, EACCES; ENOENT; EINVAL: a size of what has none; EFBIG; ENOSPC.</returns>
    public Errno SetAttributes(in MddContext context, IDtObject o, in MddSetattr change)
    {
        ArgumentNullException.ThrowIfNull(o);
        if (o.GetAttributes(out DtAttributes old) is var error and not Errno.OK)
            return error;
        DtAttributes set = change.Attributes;
        error = (change.Flags & MddSetattrFlags.CloseTimes) != 0
            ? FixCloseTimes(ref set, old)
            : FixAttributes(o, ref set, old, context.Credentials, change.Flags);
        if (error != Errno.OK)
            return error;

        byte[]? layout = (set.Valid & (OwnerFields | DtValid.Size)) != 0 && old.IsRegular ? GetLayout(o) : null;
        // The objects are as long as the file; a size here would only be a hole.
        if (layout is not null)
            set.Valid &= ~DtValid.Size;
        if (set.Valid == DtValid.None && change.Som is null)
            return Errno.OK;
        byte[]? acl = AclFor(o, old, set);
        DtTransaction tx = _transactions.Begin(context.Owner);
        error = DeclareChangeObjects(tx, layout);
        if (error == Errno.OK && change.Som is not null)
            error = tx.DeclareXattr(DtXattr.Som.Length + Unsafe.SizeOf<LustreSomAttrs>());
        if (error == Errno.OK && acl is not null)
            error = tx.DeclareXattr(DtXattr.AclAccess.Length + acl.Length);
        if (error == Errno.OK)
            error = tx.Start();
        if (error == Errno.OK)
            error = o.SetAttributes(tx, set);
        if (error == Errno.OK && acl is not null)
            error = o.SetXattr(tx, DtXattr.AclAccess, acl);
        if (error == Errno.OK && layout is not null && ChangesOwner(set, old))
            error = _lod?.SetOwner(tx, layout, set) ?? Errno.OK;
        if (error == Errno.OK && change.Som is { } som)
            error = o.SetXattr(tx, DtXattr.Som, MemoryMarshal.AsBytes(new ReadOnlySpan<LustreSomAttrs>(in som)));
        tx.Stop(error);
        return error;
    }

    /// <summary>Whether the objects have another owner now: a file given to its owner changes nothing.</summary>
    static bool ChangesOwner(in DtAttributes set, in DtAttributes old) =>
        (set.Has(DtValid.Uid) && set.Uid != old.Uid) || (set.Has(DtValid.Gid) && set.Gid != old.Gid)
        || (set.Has(DtValid.ProjectId) && set.ProjectId != old.ProjectId);

    static Errno FixCloseTimes(ref DtAttributes set, in DtAttributes old)
    {
        set.Valid &= DtValid.Times;
        if ((set.Valid & DtValid.ChangeTime) == 0 || set.ChangeTime <= old.ChangeTime)
            set.Valid &= ~(DtValid.ModifyTime | DtValid.ChangeTime);
        if (set.AccessTime <= old.AccessTime + AtimeDiffSeconds)
            set.Valid &= ~DtValid.AccessTime;
        if (set.ModifyTime <= old.ModifyTime)
            set.Valid &= ~DtValid.ModifyTime;
        return Errno.OK;
    }

    /// <summary>Checks each change against who asks, and adds what follows from it: a new owner or a write ends setuid
    /// and setgid.</summary>
    Errno FixAttributes(
        IDtObject o, ref DtAttributes set, in DtAttributes old, in Credentials who, MddSetattrFlags flags)
    {
        bool bypass = (flags & MddSetattrFlags.Bypass) != 0;
        bool isOwner = MddPermission.IsOwner(old, who);
        if (MddPermission.IsFrozen(old) && (set.Valid & ~DtValid.Flags) != 0 && !bypass)
            return Errno.EPERM;
        if (FixFlags(ref set, old, who) is var error and not Errno.OK)
            return error;
        if ((set.Valid & DtValid.ProjectId) != 0 && set.ProjectId != old.ProjectId
            && !who.Has(Capabilities.SYS_RESOURCE))
            return Errno.EPERM;
        bool onlyTimes = (set.Valid & DtValid.Times) != 0 && (set.Valid & ~DtValid.Times) == 0;
        if (onlyTimes && !isOwner && !bypass
            && MddPermission.Check(o, old, who, AccessMask.Write) is var refused and not Errno.OK)
            return refused;
        error = FixMode(ref set, old, who, flags, isOwner);
        if (error == Errno.OK)
            error = FixOwner(ref set, old, who);
        if (error == Errno.OK && (set.Valid & DtValid.Size) != 0)
            error = CheckSize(o, set, old, who, flags);
        if (error == Errno.OK && (set.Valid & DtValid.ChangeTime) != 0)
            set.ChangeTime = Math.Max(set.ChangeTime, old.ChangeTime);
        return error;
    }

    static Errno FixFlags(ref DtAttributes set, in DtAttributes old, in Credentials who)
    {
        if ((set.Valid & DtValid.Flags) == 0)
            return Errno.OK;
        const InodeFlags frozen = InodeFlags.IMMUTABLE_FL | InodeFlags.APPEND_FL;
        if (!MddPermission.IsOwner(old, who))
            return Errno.EPERM;
        if (((set.Flags ^ old.Flags) & frozen) != 0 && !who.Has(Capabilities.LINUX_IMMUTABLE))
            return Errno.EPERM;
        if (!old.IsDirectory)
            set.Flags &= ~OnlyOfDirectories;
        return Errno.OK;
    }

    static Errno FixMode(
        ref DtAttributes set, in DtAttributes old, in Credentials who, MddSetattrFlags flags, bool isOwner)
    {
        bool hasMode = (set.Valid & DtValid.Mode) != 0;
        uint mode = hasMode ? set.Mode : old.Mode;
        if ((flags & MddSetattrFlags.KillSetuid) != 0)
            mode &= ~StatMode.S_ISUID;
        const uint setgidProgram = StatMode.S_ISGID | StatMode.S_IXGRP;
        if ((flags & MddSetattrFlags.KillSetgid) != 0 && (hasMode || (mode & setgidProgram) == setgidProgram))
            mode &= ~StatMode.S_ISGID;
        if (!hasMode)
        {
            SetMode(ref set, old, mode);
            return Errno.OK;
        }
        if (!isOwner && (flags & MddSetattrFlags.Bypass) == 0)
            return Errno.EPERM;
        uint group = (set.Valid & DtValid.Gid) != 0 && set.Gid != UnchangedId ? set.Gid : old.Gid;
        if (!who.IsInGroup(group) && !who.Has(Capabilities.FSETID))
            mode &= ~StatMode.S_ISGID;
        set.Mode = (mode & StatMode.S_IALLUGO) | old.Type;
        return Errno.OK;
    }

    static Errno FixOwner(ref DtAttributes set, in DtAttributes old, in Credentials who)
    {
        bool owns = who.FsUid == old.Uid;
        bool mayChown = who.Has(Capabilities.CHOWN);
        uint mode = (set.Valid & DtValid.Mode) != 0 ? set.Mode : old.Mode;
        if ((set.Valid & DtValid.Uid) != 0)
        {
            if (set.Uid == UnchangedId)
                set.Uid = old.Uid;
            if (!mayChown && (!owns || set.Uid != old.Uid))
                return Errno.EPERM;
            if (!old.IsDirectory)
                mode &= ~StatMode.S_ISUID;
        }
        if ((set.Valid & DtValid.Gid) != 0)
        {
            if (set.Gid == UnchangedId)
                set.Gid = old.Gid;
            if (!mayChown && (!owns || set.Gid != old.Gid && !who.IsInGroup(set.Gid)))
                return Errno.EPERM;
            // Without group execution the bit once meant mandatory locking.
            const uint setgidProgram = StatMode.S_ISGID | StatMode.S_IXGRP;
            if (!old.IsDirectory && (mode & setgidProgram) == setgidProgram)
                mode &= ~StatMode.S_ISGID;
        }
        SetMode(ref set, old, mode);
        return Errno.OK;
    }

    static void SetMode(ref DtAttributes set, in DtAttributes old, uint mode)
    {
        if ((set.Valid & DtValid.Mode) == 0 && mode == old.Mode)
            return;
        set.Mode = (mode & StatMode.S_IALLUGO) | old.Type;
        set.Valid |= DtValid.Mode;
    }

    static Errno CheckSize(
        IDtObject o, in DtAttributes set, in DtAttributes old, in Credentials who, MddSetattrFlags flags)
    {
        if (old.IsDirectory)
            return Errno.EISDIR;
        if (!old.IsRegular)
            return Errno.EINVAL;
        bool ownerMay = (flags & MddSetattrFlags.OwnerOverride) != 0 && who.FsUid == old.Uid;
        if (ownerMay || (flags & MddSetattrFlags.Bypass) != 0)
            return Errno.OK;
        bool changesGroup = (set.Valid & DtValid.Gid) != 0 && set.Gid != old.Gid;
        return MddPermission.Check(o, old, who, changesGroup ? AccessMask.Read : AccessMask.Write);
    }
}
