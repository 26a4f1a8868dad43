using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Mgs;

/// <summary>What a target is and how it registers (<c>ldd_flags</c>, <c>mti_flags</c>).</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_disk.h.</remarks>
[Flags]
[WireName("LDD_F_")]
public enum LddFlags : uint
{
    SV_TYPE_MDT = 0x1,
    SV_TYPE_OST = 0x2,
    SV_TYPE_MGS = 0x4,
    NEED_INDEX = 0x10,
    VIRGIN = 0x20,
    UPDATE = 0x40,
    REWRITE_LDD = 0x80,
    WRITECONF = 0x100,
    PARAM = 0x400,
    NO_PRIMNODE = 0x1000,
    IR_CAPABLE = 0x2000,
    ERROR = 0x4000,
    PARAM2 = 0x8000,
    NO_LOCAL_LOGS = 0x10000,
}

/// <summary>
/// Values of <see cref="LddFlags"/> that combine, bound or repeat others: apart, so that it prints as its parts.
/// </summary>
[WireName("LDD_F_")]
public static class LddFlagsMasks
{
    public const LddFlags SV_ALL = (LddFlags)0x8;
    public const LddFlags SV_TYPE_MASK = (LddFlags)0x7;
}
