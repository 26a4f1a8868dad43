using Lustrous.Obdclass.Acl;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Mds.Mdd;

// Access control lists: kept as extended attributes, in agreement with the mode (mdd_acl_init, mdd_acl_set and
// mdd_acl_chmod of lustre/mdd).
public sealed partial class MddDevice
{
    /// <summary>An extended attribute of any size; null when there is none.</summary>
    internal static byte[]? ReadXattr(IDtObject o, ReadOnlySpan<byte> name)
    {
        Result<int> length = o.GetXattr(name, default);
        if (length.Failed)
            return null;
        var value = new byte[length.Value];
        length = o.GetXattr(name, value);
        return length.Failed || length.Value != value.Length ? null : value;
    }

    /// <summary>
    /// What a new object gets of its directory's default ACL, which then limits the mode in the place of the umask.
    /// </summary>
    static NewAcl InheritAcl(in Credentials who, IDtObject parent, ref DtAttributes attributes)
    {
        if (StatMode.IsSymlink(attributes.Mode))
            return default;
        byte[]? defaults = ReadXattr(parent, DtXattr.AclDefault);
        if (defaults is null || PosixAcl.IsEmpty(defaults))
        {
            attributes.Mode &= ~(who.Umask & StatMode.S_IALLUGO);
            return default;
        }
        byte[] access = [.. defaults];
        uint mode = attributes.Mode;
        bool isMode = PosixAcl.Inherit(access, ref mode);
        attributes.Mode = mode;
        return new NewAcl(isMode ? null : access, attributes.IsDirectory ? defaults : null);
    }

    /// <summary>The access ACL as a changed mode makes it; null when there is none, or it stays as it is.</summary>
    static byte[]? AclFor(IDtObject o, in DtAttributes old, in DtAttributes set)
    {
        const uint permissions = StatMode.S_IRWXU | StatMode.S_IRWXG | StatMode.S_IRWXO;
        if ((set.Valid & DtValid.Mode) == 0 || ((set.Mode ^ old.Mode) & permissions) == 0)
            return null;
        byte[]? acl = ReadXattr(o, DtXattr.AclAccess);
        if (acl is not null)
            PosixAcl.FollowMode(acl, set.Mode);
        return acl;
    }

    /// <summary>Sets or removes an ACL. The caller has checked that who asks may, and holds the object's
    /// lock.</summary>
    /// <returns>EOPNOTSUPP: of a link, or another version; EACCES: a default ACL of what is no directory;
    /// EINVAL.</returns>
    Errno SetAcl(
        in MddContext context, IDtObject o, DtAttributes attributes, bool isDefault, ReadOnlySpan<byte> value,
        DtXattrFlags flags, long time)
    {
        if (attributes.IsSymlink)
            return Errno.EOPNOTSUPP;
        if (PosixAcl.Check(value) is var error and not Errno.OK)
            return error;
        if (isDefault && !attributes.IsDirectory)
            return Errno.EACCES;
        ReadOnlySpan<byte> name = isDefault ? DtXattr.AclDefault : DtXattr.AclAccess;
        bool isRemoval = PosixAcl.IsEmpty(value);
        uint mode = attributes.Mode;
        if (!isDefault && !isRemoval)
            isRemoval = PosixAcl.SetMode(value, ref mode);
        // As on any file system a chmod by somebody outside of the group loses the setgid bit.
        bool changesMode = mode != attributes.Mode;
        if (changesMode && !context.Credentials.IsInGroup(attributes.Gid)
            && !context.Credentials.Has(Capabilities.FSETID))
            mode &= ~StatMode.S_ISGID;
        DtTransaction tx = _transactions.Begin(context.Owner);
        error = isRemoval ? Errno.OK : tx.DeclareXattr(name.Length + value.Length);
        if (error == Errno.OK)
            error = tx.Start();
        if (error == Errno.OK)
            error = isRemoval ? o.DeleteXattr(tx, name) : o.SetXattr(tx, name, value, flags);
        // What the mode says needs no ACL, and what is not there need not be removed.
        if (error == Errno.ENODATA && isRemoval)
            error = Errno.OK;
        if (error == Errno.OK && changesMode)
            error = o.SetAttributes(tx, new DtAttributes { Valid = DtValid.Mode, Mode = mode });
        if (error == Errno.OK)
            error = Touch(tx, o, attributes, time, DtValid.ChangeTime);
        tx.Stop(error);
        return error;
    }

    /// <summary>ACLs of an object that is being made.</summary>
    readonly record struct NewAcl(byte[]? Access, byte[]? Default)
    {
        public Errno Declare(DtTransaction tx)
        {
            Errno error = Access is null ? Errno.OK : tx.DeclareXattr(DtXattr.AclAccess.Length + Access.Length);
            return error == Errno.OK && Default is not null
                ? tx.DeclareXattr(DtXattr.AclDefault.Length + Default.Length)
                : error;
        }

        public Errno Store(DtTransaction tx, IDtObject child)
        {
            Errno error = Access is null ? Errno.OK : child.SetXattr(tx, DtXattr.AclAccess, Access);
            return error == Errno.OK && Default is not null
                ? child.SetXattr(tx, DtXattr.AclDefault, Default)
                : error;
        }
    }
}
