using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Layout;

/// <summary>Component ids with a meaning of their own.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[WireName("LCME_ID_")]
public static class LcmeId
{
    public const uint INVAL = 0;
    public const uint MAX = 0x7FFFFFFF;
    public const uint ALL = 0xFFFFFFFF;
    public const uint NOT_ID = 0x80000000;
}
