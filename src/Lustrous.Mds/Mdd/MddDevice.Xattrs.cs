using Lustrous.Obdclass.Storage;

namespace Lustrous.Mds.Mdd;

// Extended attributes (mdd_xattr_set and its neighbours of lustre/mdd/mdd_object.c).
public sealed partial class MddDevice
{
    /// <summary>Longest name of an extended attribute (<c>XATTR_NAME_MAX</c>).</summary>
    public const int MaxXattrNameLength = 255;

    /// <summary>Sets an extended attribute. The caller holds the object's lock and has dealt with those that Lustre
    /// keeps for itself.</summary>
    /// <returns>EPERM, EACCES; EEXIST, ENODATA after the flags; E2BIG: the value; ERANGE: the name; EOPNOTSUPP: a
    /// namespace that there is not; ENOSPC.</returns>
    public Errno SetXattr(
        in MddContext context, IDtObject o, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, DtXattrFlags flags,
        long time)
    {
        ArgumentNullException.ThrowIfNull(o);
        if (value.Length > _device.Parameters.MaxXattrSize)
            return Errno.E2BIG;
        Errno error = CheckXattr(context.Credentials, o, name, out DtAttributes attributes);
        if (error != Errno.OK)
            return error;
        bool isDefault = name.SequenceEqual(DtXattr.AclDefault);
        return isDefault || name.SequenceEqual(DtXattr.AclAccess)
            ? SetAcl(context, o, attributes, isDefault, value, flags, time)
            : ChangeXattr(context, o, attributes, name, value, flags, time);
    }

    /// <summary>Removes one: ENODATA when there is none; others as <see cref="SetXattr"/>.</summary>
    public Errno RemoveXattr(in MddContext context, IDtObject o, ReadOnlySpan<byte> name, long time)
    {
        ArgumentNullException.ThrowIfNull(o);
        Errno error = CheckXattr(context.Credentials, o, name, out DtAttributes attributes);
        if (error != Errno.OK)
            return error;
        error = ChangeXattr(context, o, attributes, name, default, DtXattrFlags.None, time, isRemoval: true);
        // That there is no ACL is what was asked for.
        bool isAcl = name.SequenceEqual(DtXattr.AclAccess) || name.SequenceEqual(DtXattr.AclDefault);
        return error == Errno.ENODATA && isAcl ? Errno.OK : error;
    }

    Errno ChangeXattr(
        in MddContext context, IDtObject o, in DtAttributes attributes, ReadOnlySpan<byte> name,
        ReadOnlySpan<byte> value, DtXattrFlags flags, long time, bool isRemoval = false)
    {
        DtTransaction tx = _transactions.Begin(context.Owner);
        Errno error = isRemoval ? Errno.OK : tx.DeclareXattr(name.Length + value.Length);
        if (error == Errno.OK)
            error = tx.Start();
        if (error == Errno.OK)
            error = isRemoval ? o.DeleteXattr(tx, name) : o.SetXattr(tx, name, value, flags);
        if (error == Errno.OK)
            error = Touch(tx, o, attributes, time, DtValid.ChangeTime);
        tx.Stop(error);
        return error;
    }

    /// <summary>Who may change attributes of a name (mdd_xattr_sanity_check).</summary>
    static Errno CheckXattr(in Credentials who, IDtObject o, ReadOnlySpan<byte> name, out DtAttributes attributes)
    {
        attributes = default;
        if (name.Length is 0 or > MaxXattrNameLength)
            return Errno.ERANGE;
        if (o.GetAttributes(out attributes) is var error and not Errno.OK)
            return error;
        if (MddPermission.IsFrozen(attributes))
            return Errno.EPERM;
        if (name.StartsWith(DtXattr.UserPrefix))
        {
            // Only what has content of its own; and a sticky directory's are the owner's.
            if (!attributes.IsRegular && !attributes.IsDirectory)
                return Errno.EPERM;
            bool isSticky = attributes.IsDirectory && (attributes.Mode & StatMode.S_ISVTX) != 0;
            if (isSticky && !MddPermission.IsOwner(attributes, who))
                return Errno.EPERM;
            return MddPermission.Check(o, attributes, who, AccessMask.Write);
        }
        if (name.StartsWith(DtXattr.TrustedPrefix))
            return who.Has(Capabilities.SYS_ADMIN) ? Errno.OK : Errno.EPERM;
        bool isOwners = name.StartsWith(DtXattr.SecurityPrefix) || name.SequenceEqual(DtXattr.AclAccess)
            || name.SequenceEqual(DtXattr.AclDefault);
        if (!isOwners)
            return Errno.EOPNOTSUPP;
        return MddPermission.IsOwner(attributes, who) ? Errno.OK : Errno.EPERM;
    }
}
