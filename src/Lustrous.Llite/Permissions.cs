using Lustrous.Obdclass.Acl;

namespace Lustrous.Llite;

/// <summary>Mode bits and POSIX ACLs against a caller, as the kernel checks them.</summary>
/// <remarks>acl_permission_check and posix_acl_permission of Linux.</remarks>
static class Permissions
{
    public const uint Read = 4, Write = 2, Execute = 1;

    /// <summary>Whether all of <paramref name="wanted"/> is allowed.</summary>
    public static bool Allows(in LliteAttributes attributes, byte[] acl, uint wanted, in Credentials caller)
    {
        uint mode = attributes.Mode;
        // Root may do anything, but execute only what somebody may.
        if (caller.IsRoot)
            return (wanted & Execute) == 0 || attributes.IsDirectory || (mode & 0x49) != 0;
        if (caller.Uid == attributes.Uid)
            return (mode >> 6 & wanted) == wanted;
        if (!PosixAcl.IsEmpty(acl) && (mode & 0x38) != 0)
            return PosixAcl.Allows(acl, caller, attributes.Gid, wanted);
        // Groups are asked for only where they make a difference.
        uint group = mode >> 3 & 7, other = mode & 7;
        bool isMember = ((group ^ other) & wanted) != 0 && caller.InGroup(attributes.Gid);
        return ((isMember ? group : other) & wanted) == wanted;
    }
}
