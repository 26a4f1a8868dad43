namespace Lustrous.Obdclass.Storage;

/// <summary>Names of extended attributes that Lustre itself uses, as bytes (<c>XATTR_NAME_…</c>).</summary>
public static class DtXattr
{
    public static ReadOnlySpan<byte> Lov => "trusted.lov"u8;
    public static ReadOnlySpan<byte> Lma => "trusted.lma"u8;
    public static ReadOnlySpan<byte> Lmv => "trusted.lmv"u8;
    public static ReadOnlySpan<byte> DefaultLmv => "trusted.dmv"u8;
    public static ReadOnlySpan<byte> Link => "trusted.link"u8;

    /// <summary>Of an OST object: the file it is a stripe of.</summary>
    public static ReadOnlySpan<byte> Fid => "trusted.fid"u8;
    public static ReadOnlySpan<byte> Som => "trusted.som"u8;
    public static ReadOnlySpan<byte> Hsm => "trusted.hsm"u8;
    public static ReadOnlySpan<byte> AclAccess => "system.posix_acl_access"u8;
    public static ReadOnlySpan<byte> AclDefault => "system.posix_acl_default"u8;
    public static ReadOnlySpan<byte> SecuritySelinux => "security.selinux"u8;
    public static ReadOnlySpan<byte> TrustedPrefix => "trusted."u8;
    public static ReadOnlySpan<byte> UserPrefix => "user."u8;
    public static ReadOnlySpan<byte> SecurityPrefix => "security."u8;
}
