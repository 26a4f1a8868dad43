using System.Text;
using Lustrous.Clients.Mdc;
using Lustrous.Idl.Layout;
using Lustrous.Idl.Mdt;
using Lustrous.Obdclass.Acl;

namespace Lustrous.Llite;

// Extended attributes. Source: lustre/llite/xattr.c, xattr_cache.c.
public sealed partial class LliteMount
{
    const int XattrSizeMax = 65536;
    const int XattrNameMax = 255;

    static readonly byte[] s_lustreLov = "lustre.lov"u8.ToArray();
    static readonly byte[] s_trustedLov = Encoding.ASCII.GetBytes(XattrName.LOV);
    static readonly byte[] s_aclAccess = Encoding.ASCII.GetBytes(XattrName.ACL_ACCESS);

    /// <summary>
    /// Length of the value, copied unless <paramref name="destination"/> is empty; ENODATA, ERANGE.
    /// </summary>
    public ValueTask<Result<int>> GetxattrAsync(
        LliteInode inode, ReadOnlySpan<byte> name, IoVec destination, Credentials caller,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(inode);
        Errno error = CheckXattr(name, caller, changes: false);
        if (error != Errno.OK)
            return new(error);
        // The access ACL came with the attributes: the kernel asks for it of every file that it checks.
        if (name.SequenceEqual(s_aclAccess))
        {
            return inode.TryGetPermissions(out _, out byte[] acl)
                ? new(CopyAcl(acl, destination))
                : GetAclAsync(inode, destination, caller, cancel);
        }
        if (inode.Xattrs is { } known)
        {
            bool isThere = known.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out byte[]? value);
            if (isThere)
                return new(Copy(value!, destination));
            // The layout is not among what the MDT lists.
            if (!name.SequenceEqual(s_lustreLov) && !name.SequenceEqual(s_trustedLov))
                return new(Errno.ENODATA);
        }
        return GetxattrAsync(inode, name.ToArray(), destination, caller, cancel);
    }

    /// <summary>Sets; flags XATTR_CREATE (1), XATTR_REPLACE (2).</summary>
    public ValueTask<Errno> SetxattrAsync(
        LliteInode inode, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, int flags, Credentials caller,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(inode);
        Errno error = CheckXattr(name, caller, changes: true);
        if (error == Errno.OK && value.Length > XattrSizeMax)
            error = Errno.E2BIG;
        if (error != Errno.OK)
            return new(error);
        if (name.SequenceEqual(s_lustreLov) || name.SequenceEqual(s_trustedLov))
            return SetStripeAsync(inode, value, caller, cancel);
        return ChangeXattrAsync(
            inode, MdtValid.FLXATTR, name.ToArray(), value.ToArray(), flags, caller, cancel);
    }

    /// <summary>Length of the names, each with its zero; ERANGE.</summary>
    public async ValueTask<Result<int>> ListxattrAsync(
        LliteInode inode, IoVec destination, Credentials caller, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(inode);
        Result<MdcDevice> mdc = await FindAsync(inode, cancel);
        if (mdc.Failed)
            return mdc.Error;
        Result<(byte[] Value, int Length)> got = await mdc.Value.GetxattrAsync(
            inode.Fid, MdtValid.FLXATTRLS, default, XattrSizeMax, Pack(caller, inode), cancel);
        if (got.Failed)
            return got.Error == Errno.ENODATA ? 0 : got.Error;
        return Copy(Visible(got.Value.Value, caller), destination);
    }

    /// <summary>Removes; ENODATA.</summary>
    public ValueTask<Errno> RemovexattrAsync(
        LliteInode inode, ReadOnlySpan<byte> name, Credentials caller, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(inode);
        return CheckXattr(name, caller, changes: true) is var error and not Errno.OK
            ? new(error)
            : ChangeXattrAsync(inode, MdtValid.FLXATTRRM, name.ToArray(), [], 0, caller, cancel);
    }

    // Which families there are, and who may use them (xattr_type_filter, and the kernel's own rules).
    Errno CheckXattr(ReadOnlySpan<byte> name, in Credentials caller, bool changes)
    {
        if (name.Length > XattrNameMax || name.IsEmpty)
            return Errno.ERANGE;
        if (changes && Options.ReadOnly)
            return Errno.EROFS;
        if (name.StartsWith("user."u8))
            return Options.UserXattr ? Errno.OK : Errno.EOPNOTSUPP;
        if (name.StartsWith("trusted."u8))
            return caller.IsRoot ? Errno.OK : changes ? Errno.EPERM : Errno.ENODATA;
        return name.StartsWith("security."u8) || IsAcl(name)
            || name.StartsWith("lustre."u8)
            ? Errno.OK
            : Errno.EOPNOTSUPP;
    }

    static bool IsAcl(ReadOnlySpan<byte> name) => name.StartsWith("system.posix_acl_"u8);

    static Result<int> Copy(ReadOnlySpan<byte> value, IoVec destination)
    {
        if (destination.Length == 0)
            return value.Length;
        if (value.Length > destination.Length)
            return Errno.ERANGE;
        value.CopyTo(destination.Span);
        return value.Length;
    }

    // Only root sees trusted names; Lustre's own are nobody's business but by name (xattr_type_filter in listxattr).
    static byte[] Visible(byte[] names, in Credentials caller)
    {
        var visible = new List<byte>(names.Length);
        int start = 0;
        while (start < names.Length)
        {
            int end = Array.IndexOf(names, (byte)0, start);
            if (end < 0)
                break;
            ReadOnlySpan<byte> name = names.AsSpan(start, end - start);
            if (!name.StartsWith("trusted."u8) || caller.IsRoot)
                visible.AddRange(names.AsSpan(start, end + 1 - start));
            start = end + 1;
        }
        return [.. visible];
    }

    static Result<int> CopyAcl(byte[] acl, IoVec destination) =>
        PosixAcl.IsEmpty(acl) ? Errno.ENODATA : Copy(acl, destination);

    async ValueTask<Result<int>> GetAclAsync(
        LliteInode inode, IoVec destination, Credentials caller, CancellationToken cancel)
    {
        Errno fetched = await FetchAsync(inode, caller, cancel);
        if (fetched != Errno.OK)
            return fetched;
        inode.TryGetPermissions(out _, out byte[] acl);
        return CopyAcl(acl, destination);
    }

    async ValueTask<Result<int>> GetxattrAsync(
        LliteInode inode, byte[] name, IoVec destination, Credentials caller, CancellationToken cancel)
    {
        bool isLayout = name.AsSpan().SequenceEqual(s_lustreLov) || name.AsSpan().SequenceEqual(s_trustedLov);
        if (isLayout)
        {
            Result<byte[]> layout = await GetStripeAsync(inode, caller, cancel);
            return layout.Failed ? layout.Error : Copy(layout.Value, destination);
        }
        Result<MdcDevice> mdc = await FindAsync(inode, cancel);
        if (mdc.Failed)
            return mdc.Error;
        if (IsAcl(name) && !mdc.Value.SupportsAcl)
            return Errno.EOPNOTSUPP;        // every "ls -l" asks for each file: not over the wire (xattr_type_filter)
        if (Tunables.XattrCache
            && await FetchXattrsAsync(inode, mdc.Value, caller, cancel))
        {
            if (inode.Xattrs is { } known)
                return known.TryGetValue(name, out byte[]? value) ? Copy(value, destination) : Errno.ENODATA;
        }
        Result<(byte[] Value, int Length)> got = await mdc.Value.GetxattrAsync(
            inode.Fid, MdtValid.FLXATTR, name, XattrSizeMax, Pack(caller, inode), cancel);
        return got.Failed ? got.Error : Copy(got.Value.Value, destination);
    }

    /// <summary>Asks for all xattrs under their lock; false when the MDT does not give them so.</summary>
    async ValueTask<bool> FetchXattrsAsync(
        LliteInode inode, MdcDevice mdc, Credentials caller, CancellationToken cancel)
    {
        Result<MdXattrs> all = await mdc.GetxattrsAsync(inode.Fid, Pack(caller, inode), cancel);
        if (all.Failed)
            return false;
        if (all.Value.Lock is not { } granted)
            return false;
        bool attached = inode.Attach(granted);
        var table = new Dictionary<byte[], byte[]>(NameComparer.Instance);
        foreach ((byte[] name, byte[] value) in all.Value.Items)
            table[name] = value;
        inode.SetXattrs(table);
        if (attached)
            granted.Release(granted.GrantedMode);
        else
            granted.ReleaseAndCancel(granted.GrantedMode);
        return true;
    }

    async ValueTask<Errno> ChangeXattrAsync(
        LliteInode inode, MdtValid valid, byte[] name, byte[] value, int flags, Credentials caller,
        CancellationToken cancel)
    {
        Result<MdcDevice> mdc = await FindAsync(inode, cancel);
        if (mdc.Failed)
            return mdc.Error;
        return IsAcl(name) && !mdc.Value.SupportsAcl
            ? Errno.EOPNOTSUPP
            : await mdc.Value.SetxattrAsync(
                inode.Fid, valid, name, value, flags, Context.UnixSeconds, Pack(caller, inode), cancel);
    }
}
