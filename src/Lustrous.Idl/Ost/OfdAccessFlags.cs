using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ost;

/// <summary>What an entry of the access log records.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_access_log.h.</remarks>
[Flags]
[WireName("OFD_ACCESS_")]
public enum OfdAccessFlags : uint
{
    READ = 0x1,
    WRITE = 0x2,
}
