using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Config;

/// <summary>Magic and bound of a configuration record.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_cfg.h.</remarks>
[WireName("LUSTRE_CFG_")]
public static class LustreCfgConst
{
    public const int VERSION = 0x1CF60001;
    public const int MAX_BUFCOUNT = 8;
}
