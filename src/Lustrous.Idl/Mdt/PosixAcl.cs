using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mdt;

/// <summary>Head of an ACL as an extended attribute. Little-endian (<c>struct posix_acl_xattr_header</c>).</summary>
[WireStruct("posix_acl_xattr_header", size: 4, Prefix = "a_", Opaque = true)]
public partial record struct PosixAclXattrHeader
{
    public uint Version;
}

/// <summary>One entry of an ACL (<c>struct posix_acl_xattr_entry</c>).</summary>
[WireStruct("posix_acl_xattr_entry", size: 8, Prefix = "e_", Opaque = true)]
public partial record struct PosixAclXattrEntry
{
    public ushort Tag;
    public ushort Perm;
    public uint Id;
}
