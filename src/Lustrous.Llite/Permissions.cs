using System.Buffers.Binary;

namespace Lustrous.Llite;

/// <summary>Mode bits and POSIX ACLs against a caller, as the kernel checks them.</summary>
/// <remarks>acl_permission_check and posix_acl_permission of Linux.</remarks>
static class Permissions
{
    public const uint Read = 4, Write = 2, Execute = 1;

    const int HeaderBytes = 4, EntryBytes = 8;
    const ushort UserObject = 1, User = 2, GroupObject = 4, Group = 8, Mask = 0x10, Other = 0x20;

    /// <summary>Whether all of <paramref name="wanted"/> is allowed.</summary>
    public static bool Allows(in LliteAttributes attributes, byte[] acl, uint wanted, in Credentials caller)
    {
        uint mode = attributes.Mode;
        // Root may do anything, but execute only what somebody may.
        if (caller.IsRoot)
            return (wanted & Execute) == 0 || attributes.IsDirectory || (mode & 0x49) != 0;
        if (caller.Uid == attributes.Uid)
            return (mode >> 6 & wanted) == wanted;
        if (acl.Length > HeaderBytes && (mode & 0x38) != 0)
            return Allows(acl, attributes.Gid, wanted, caller);
        // Groups are asked for only where they make a difference.
        uint group = mode >> 3 & 7, other = mode & 7;
        bool isMember = ((group ^ other) & wanted) != 0 && caller.InGroup(attributes.Gid);
        return ((isMember ? group : other) & wanted) == wanted;
    }

    static bool Allows(byte[] acl, uint owningGroup, uint wanted, in Credentials caller)
    {
        uint mask = 7, other = 0;
        bool foundUser = false, foundGroup = false, groupAllows = false;
        uint user = 0;
        for (int at = HeaderBytes; at + EntryBytes <= acl.Length; at += EntryBytes)
        {
            ReadOnlySpan<byte> entry = acl.AsSpan(at, EntryBytes);
            ushort tag = BinaryPrimitives.ReadUInt16LittleEndian(entry);
            uint allowed = BinaryPrimitives.ReadUInt16LittleEndian(entry[2..]);
            uint id = BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]);
            switch (tag)
            {
                case User when id == caller.Uid:
                    (foundUser, user) = (true, allowed);
                    break;
                case GroupObject when caller.InGroup(owningGroup):
                case Group when caller.InGroup(id):
                    foundGroup = true;
                    groupAllows |= (allowed & wanted) == wanted;
                    break;
                case Mask:
                    mask = allowed;
                    break;
                case Other:
                    other = allowed;
                    break;
                case UserObject:
                default:
                    break;
            }
        }
        if (foundUser)
            return (user & mask & wanted) == wanted;
        return foundGroup ? groupAllows && (mask & wanted) == wanted : (other & wanted) == wanted;
    }
}
