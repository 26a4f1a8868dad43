using Lustrous.Idl.Mdt;
using Lustrous.Obdclass.Acl;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Mds.Mdd;

/// <summary>Who may do what; POSIX permissions by mode, owner and ACL.</summary>
/// <remarks>Source: lustre/mdd/mdd_permission.c, the checks of lustre/mdd/mdd_dir.c.</remarks>
static class MddPermission
{
    /// <summary>EACCES unless all of <paramref name="wanted"/> is allowed (__mdd_permission_internal).</summary>
    /// <param name="o">What it is about; its ACL is read only where the mode leaves it open.</param>
    /// <param name="attributes">Its attributes.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="wanted">For what.</param>
    public static Errno Check(IDtObject o, in DtAttributes attributes, in Credentials who, AccessMask wanted)
    {
        if (wanted == AccessMask.None)
            return Errno.OK;
        if ((wanted & AccessMask.Write) != 0 && (attributes.Flags & InodeFlags.IMMUTABLE_FL) != 0)
            return Errno.EACCES;
        // Root first: whatever mode and ACL say, they need not be asked.
        bool isDirectory = attributes.IsDirectory;
        bool mayOverride = (wanted & AccessMask.Execute) == 0 || isDirectory
            || (attributes.Mode & StatMode.S_IXUGO) != 0;
        if (mayOverride && who.Has(Capabilities.DAC_OVERRIDE))
            return Errno.OK;
        bool onlyReads = wanted == AccessMask.Read || isDirectory && (wanted & AccessMask.Write) == 0;
        if (onlyReads && who.Has(Capabilities.DAC_READ_SEARCH))
            return Errno.OK;
        return IsAllowed(o, attributes, who, wanted) ? Errno.OK : Errno.EACCES;
    }

    static bool IsAllowed(IDtObject o, in DtAttributes attributes, in Credentials who, AccessMask wanted)
    {
        uint mode = attributes.Mode;
        if (who.FsUid == attributes.Uid)
            mode >>= 6;
        else if ((mode & StatMode.S_IRWXG) != 0 && TryAcl(o, attributes, who, wanted, out bool allows))
            return allows;
        else if (who.IsInGroup(attributes.Gid))
            mode >>= 3;
        return (mode & (uint)wanted & 7) == (uint)wanted;
    }

    /// <summary>What the object's ACL says; false when it has none. A mask without any right in the mode's group bits
    /// leaves an ACL nothing to give, so it is not read then (mdd_check_acl).</summary>
    static bool TryAcl(
        IDtObject o, in DtAttributes attributes, in Credentials who, AccessMask wanted, out bool allows)
    {
        allows = false;
        Span<byte> small = stackalloc byte[PosixAcl.SmallSize];
        Result<int> length = o.GetXattr(DtXattr.AclAccess, small);
        if (length.Error == Errno.ERANGE)
        {
            byte[]? large = MddDevice.ReadXattr(o, DtXattr.AclAccess);
            if (large is null)
                return false;
            allows = PosixAcl.Allows(large, who, attributes.Gid, (uint)wanted);
            return true;
        }
        if (length.Failed || PosixAcl.IsEmpty(small[..length.Value]))
            return false;
        allows = PosixAcl.Allows(small[..length.Value], who, attributes.Gid, (uint)wanted);
        return true;
    }

    /// <summary>Whether a name may be made in a directory (mdd_may_create).</summary>
    public static Errno MayCreate(IDtObject directory, in DtAttributes parent, in Credentials who)
    {
        if (parent.Nlink == 0)
            return Errno.ENOENT;        // the directory itself has been removed
        return Check(directory, parent, who, AccessMask.Write | AccessMask.Execute);
    }

    /// <summary>Whether a name may be taken out of a directory: EPERM for sticky ones, and append-only or immutable
    /// objects (mdd_may_delete).</summary>
    public static Errno MayDelete(
        IDtObject directory, in DtAttributes parent, in DtAttributes child, in Credentials who)
    {
        if (parent.Nlink == 0)
            return Errno.ENOENT;
        if (Check(directory, parent, who, AccessMask.Write | AccessMask.Execute) is var error and not Errno.OK)
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
