using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Quota;

/// <summary>Unit of block limits, in bytes.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[WireName("QIF_")]
public static class QuotaBlockConst
{
    public const int DQBLKSIZE = 1024;
    public const int DQBLKSIZE_BITS = 10;
}
