using Lustrous.Idl.Mdt;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Mds.Mdd;

/// <summary>Who may do what; POSIX permissions by mode and owner.</summary>
/// <remarks>Source: lustre/mdd/mdd_permission.c, the checks of lustre/mdd/mdd_dir.c. Access control lists are not
/// looked at.</remarks>
static class MddPermission
{
    /// <summary>EACCES unless all of <paramref name="wanted"/> is allowed (__mdd_permission_internal).</summary>
    public static Errno Check(in DtAttributes attributes, in Credentials who, AccessMask wanted)
    {
        if (wanted == AccessMask.None)
            return Errno.OK;
        if ((wanted & AccessMask.Write) != 0 && (attributes.Flags & InodeFlags.IMMUTABLE_FL) != 0)
            return Errno.EACCES;
        uint mode = attributes.Mode;
        if (who.FsUid == attributes.Uid)
            mode >>= 6;
        else if (who.IsInGroup(attributes.Gid))
            mode >>= 3;
        if ((mode & (uint)wanted & 7) == (uint)wanted)
            return Errno.OK;

        bool isDirectory = attributes.IsDirectory;
        bool mayOverride = (wanted & AccessMask.Execute) == 0 || isDirectory
            || (attributes.Mode & StatMode.S_IXUGO) != 0;
        if (mayOverride && who.Has(Capabilities.DAC_OVERRIDE))
            return Errno.OK;
        bool onlyReads = wanted == AccessMask.Read || isDirectory && (wanted & AccessMask.Write) == 0;
        return onlyReads && who.Has(Capabilities.DAC_READ_SEARCH) ? Errno.OK : Errno.EACCES;
    }

    /// <summary>Whether a name may be made in a directory (mdd_may_create).</summary>
    public static Errno MayCreate(in DtAttributes parent, in Credentials who)
    {
        if (parent.Nlink == 0)
            return Errno.ENOENT;        // the directory itself has been removed
        return Check(parent, who, AccessMask.Write | AccessMask.Execute);
    }

    /// <summary>Whether a name may be taken out of a directory: EPERM for sticky ones, and append-only or immutable
    /// objects (mdd_may_delete).</summary>
    public static Errno MayDelete(in DtAttributes parent, in DtAttributes child, in Credentials who)
    {
        if (parent.Nlink == 0)
            return Errno.ENOENT;
        if (Check(parent, who, AccessMask.Write | AccessMask.Execute) is var error and not Errno.OK)
            return error;
        if ((parent.Flags & InodeFlags.APPEND_FL) != 0 || IsSticky(parent, child, who))
            return Errno.EPERM;
        return IsFrozen(child) ? Errno.EPERM : Errno.OK;
    }

    /// <summary>The sticky bit of a directory leaves its names to their owners.</summary>
    static bool IsSticky(in DtAttributes parent, in DtAttributes child, in Credentials who) =>
        (parent.Mode & StatMode.S_ISVTX) != 0 && parent.Uid != who.FsUid && child.Uid != who.FsUid
        && !who.Has(Capabilities.FOWNER);

    public static bool IsFrozen(in DtAttributes attributes) =>
        (attributes.Flags & (InodeFlags.IMMUTABLE_FL | InodeFlags.APPEND_FL)) != 0;

    /// <summary>The owner, or who may act as one.</summary>
    public static bool IsOwner(in DtAttributes attributes, in Credentials who) =>
        who.FsUid == attributes.Uid || who.Has(Capabilities.FOWNER);
}
