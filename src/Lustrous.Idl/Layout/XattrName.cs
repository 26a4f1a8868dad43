using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Layout;

/// <summary>Names of the extended attributes Lustre keeps its own data in.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("XATTR_NAME_")]
public static class XattrName
{
    public const string LOV = "trusted.lov";
    public const string LMA = "trusted.lma";
    public const string LMV = "trusted.lmv";
    public const string DEFAULT_LMV = "trusted.dmv";
    public const string LINK = "trusted.link";
    public const string FID = "trusted.fid";
    public const string VERSION = "trusted.version";
    public const string SOM = "trusted.som";
    public const string HSM = "trusted.hsm";
    public const string LFSCK_BITMAP = "trusted.lfsck_bitmap";
    public const string LFSCK_NAMESPACE = "trusted.lfsck_ns";
    public const string DUMMY = "trusted.dummy";
    public const string PROJID = "trusted.projid";
    public const string DATAVER = "trusted.dataver";
    public const string PIN = "trusted.pin";
    public const string INODEFL = "trusted.inodefl";
    public const string ACL_ACCESS = "system.posix_acl_access";
    public const string ACL_DEFAULT = "system.posix_acl_default";
}
