using System.Buffers.Binary;

namespace Lustrous.Obdclass.Acl;

/// <summary>POSIX access control lists in the form of extended attributes, which is how they travel and are
/// stored.</summary>
/// <remarks>Source: lustre/mdd/mdd_acl.c; include/uapi/linux/posix_acl_xattr.h and fs/posix_acl.c of Linux.</remarks>
public static class PosixAcl
{
    /// <summary>Bytes before the first entry.</summary>
    public const int HeaderSize = 4;

    /// <summary>Bytes of an entry: tag, permissions, user or group.</summary>
    public const int EntrySize = 8;

    /// <summary>Largest that a client takes without having said that it takes larger ones
    /// (<c>LUSTRE_POSIX_ACL_MAX_SIZE_OLD</c>: 32 entries).</summary>
    public const int SmallSize = HeaderSize + 32 * EntrySize;

    const uint Version = 2;
    const ushort UserObject = 1, User = 2, GroupObject = 4, Group = 8, Mask = 0x10, Other = 0x20;
    const uint Permissions = 7, ModePermissions = 0x1FF;       // rwx, rwxrwxrwx
    const int OwnerShift = 6, GroupShift = 3;

    /// <summary>
    /// Whether it is well formed: every object class once and in order, a mask where single users or groups are named
    /// (posix_acl_valid).
    /// </summary>
    /// <returns>EOPNOTSUPP: another version; EINVAL. One without entries is well formed: it means that there is
    /// none.</returns>
    public static Errno Check(ReadOnlySpan<byte> acl)
    {
        if (acl.Length < HeaderSize)
            return Errno.EINVAL;
        if (BinaryPrimitives.ReadUInt32LittleEndian(acl) != Version)
            return Errno.EOPNOTSUPP;
        if ((acl.Length - HeaderSize) % EntrySize != 0)
            return Errno.EINVAL;
        if (IsEmpty(acl))
            return Errno.OK;
        ushort expected = UserObject;
        bool needsMask = false;
        for (int at = HeaderSize; at < acl.Length; at += EntrySize)
        {
            Entry entry = Read(acl, at);
            if ((entry.Allowed & ~Permissions) != 0 || !Follows(ref expected, ref needsMask, entry.Tag))
                return Errno.EINVAL;
        }
        return expected == 0 ? Errno.OK : Errno.EINVAL;
    }

    /// <summary>It names nobody: the mode alone counts.</summary>
    public static bool IsEmpty(ReadOnlySpan<byte> acl) => acl.Length <= HeaderSize;

    /// <summary>What it says of somebody who is not the owner, whom the mode's first bits are for.</summary>
    /// <param name="acl">Well formed, or whatever a server sent: what is not understood allows nothing.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="owningGroup">The object's group.</param>
    /// <param name="wanted">Read 4, write 2, execute 1: all of them.</param>
    public static bool Allows<TSubject>(ReadOnlySpan<byte> acl, in TSubject who, uint owningGroup, uint wanted)
        where TSubject : struct, IAclSubject
    {
        uint mask = Permissions, other = 0, user = 0;
        bool isNamed = false, isInGroup = false, groupAllows = false;
        for (int at = HeaderSize; at + EntrySize <= acl.Length; at += EntrySize)
        {
            Entry entry = Read(acl, at);
            switch (entry.Tag)
            {
                case User when entry.Id == who.Uid:
                    (isNamed, user) = (true, entry.Allowed);
                    break;
                case GroupObject when who.IsInGroup(owningGroup):
                case Group when who.IsInGroup(entry.Id):
                    isInGroup = true;
                    groupAllows |= (entry.Allowed & wanted) == wanted;
                    break;
                case Mask:
                    mask = entry.Allowed;
                    break;
                case Other:
                    other = entry.Allowed;
                    break;
            }
        }
        if (isNamed)
            return (user & mask & wanted) == wanted;
        return isInGroup ? groupAllows && (mask & wanted) == wanted : (other & wanted) == wanted;
    }

    /// <summary>A group that it names and that <paramref name="who"/> is in; null for none.</summary>
    public static uint? GroupOf<TSubject>(ReadOnlySpan<byte> acl, in TSubject who)
        where TSubject : struct, IAclSubject
    {
        for (int at = HeaderSize; at + EntrySize <= acl.Length; at += EntrySize)
        {
            Entry entry = Read(acl, at);
            if (entry.Tag == Group && who.IsInGroup(entry.Id))
                return entry.Id;
        }
        return null;
    }

    /// <summary>The permissions of the mode that go with an access ACL; the group's are the mask's
    /// (posix_acl_equiv_mode).</summary>
    /// <param name="acl">Well formed.</param>
    /// <param name="mode">Gets the permissions.</param>
    /// <returns>Whether the mode says everything, so that the ACL need not be kept.</returns>
    public static bool SetMode(ReadOnlySpan<byte> acl, ref uint mode)
    {
        uint owner = 0, group = 0, other = 0;
        uint? mask = null;
        bool isMode = true;
        for (int at = HeaderSize; at < acl.Length; at += EntrySize)
        {
            Entry entry = Read(acl, at);
            switch (entry.Tag)
            {
                case UserObject: owner = entry.Allowed; break;
                case GroupObject: group = entry.Allowed; break;
                case Other: other = entry.Allowed; break;
                case Mask: (mask, isMode) = (entry.Allowed, false); break;
                default: isMode = false; break;
            }
        }
        mode = (mode & ~ModePermissions) | owner << OwnerShift | (mask ?? group) << GroupShift | other;
        return isMode;
    }

    /// <summary>Has an access ACL follow a changed mode: the group's bits are the mask's, where there is one
    /// (posix_acl_chmod).</summary>
    public static void FollowMode(Span<byte> acl, uint mode)
    {
        bool hasMask = HasMask(acl);
        for (int at = HeaderSize; at < acl.Length; at += EntrySize)
        {
            switch (Read(acl, at).Tag)
            {
                case UserObject: Write(acl, at, mode >> OwnerShift); break;
                case GroupObject when !hasMask: Write(acl, at, mode >> GroupShift); break;
                case Mask: Write(acl, at, mode >> GroupShift); break;
                case Other: Write(acl, at, mode); break;
            }
        }
    }

    /// <summary>
    /// Turns a copy of a directory's default ACL into the access ACL of a new object: neither it nor the mode allows
    /// what the other does not (posix_acl_create).
    /// </summary>
    /// <param name="acl">Well formed.</param>
    /// <param name="mode">As asked for, without the umask; loses what the ACL does not allow.</param>
    /// <returns>Whether the mode says everything.</returns>
    public static bool Inherit(Span<byte> acl, ref uint mode)
    {
        bool hasMask = HasMask(acl), isMode = true;
        uint left = mode & ModePermissions;
        for (int at = HeaderSize; at < acl.Length; at += EntrySize)
        {
            Entry entry = Read(acl, at);
            switch (entry.Tag)
            {
                case UserObject: Narrow(acl, at, entry, OwnerShift, ref left); break;
                case GroupObject when !hasMask: Narrow(acl, at, entry, GroupShift, ref left); break;
                case Mask: Narrow(acl, at, entry, GroupShift, ref left); break;
                case Other: Narrow(acl, at, entry, 0, ref left); break;
            }
            isMode &= entry.Tag is UserObject or GroupObject or Other;
        }
        mode = (mode & ~ModePermissions) | left;
        return isMode;
    }

    static void Narrow(Span<byte> acl, int at, Entry entry, int shift, ref uint mode)
    {
        uint allowed = entry.Allowed & mode >> shift & Permissions;
        Write(acl, at, allowed);
        mode = (mode & ~(Permissions << shift)) | allowed << shift;
    }

    /// <summary>Whether a tag may stand here; <paramref name="expected"/> is what a class at least must follow, 0 at
    /// the end.</summary>
    static bool Follows(ref ushort expected, ref bool needsMask, ushort tag)
    {
        switch (tag)
        {
            case UserObject when expected == UserObject:
                expected = GroupObject;
                return true;
            case User when expected == GroupObject:
                return needsMask = true;
            case GroupObject when expected == GroupObject:
                expected = Other;
                return true;
            case Group when expected == Other:
                return needsMask = true;
            case Mask when expected == Other:
                expected = Mask;        // only the others may follow
                return true;
            case Other when expected == Mask || (expected == Other && !needsMask):
                expected = 0;
                return true;
            default:
                return false;
        }
    }

    static bool HasMask(ReadOnlySpan<byte> acl)
    {
        for (int at = HeaderSize; at < acl.Length; at += EntrySize)
        {
            if (Read(acl, at).Tag == Mask)
                return true;
        }
        return false;
    }

    static Entry Read(ReadOnlySpan<byte> acl, int at) => new(
        BinaryPrimitives.ReadUInt16LittleEndian(acl[at..]),
        BinaryPrimitives.ReadUInt16LittleEndian(acl[(at + 2)..]),
        BinaryPrimitives.ReadUInt32LittleEndian(acl[(at + 4)..]));

    static void Write(Span<byte> acl, int at, uint allowed) =>
        BinaryPrimitives.WriteUInt16LittleEndian(acl[(at + 2)..], (ushort)(allowed & Permissions));

    readonly record struct Entry(ushort Tag, uint Allowed, uint Id);
}
