using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ost;

/// <summary>Version and types of the access log.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_access_log.h.</remarks>
[WireName("LUSTRE_ACCESS_LOG_")]
public static class AccessLogConst
{
    public const int VERSION_1 = 0x10000;
    public const int TYPE_OFD = 1;
    public const int NAME_SIZE = 128;
}
