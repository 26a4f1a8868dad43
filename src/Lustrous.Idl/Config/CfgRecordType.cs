using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Config;

/// <summary>Which kind of record an ioctl carries.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_cfg.h.</remarks>
[WireName("")]
public enum CfgRecordType : uint
{
    PORTALS_CFG_TYPE = 1,
    LUSTRE_CFG_TYPE = 123,
}
