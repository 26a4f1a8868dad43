using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Lfsck;

/// <summary>How a check is run.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_lfsck_user.h.</remarks>
[Flags]
[WireName("LPF_")]
public enum LfsckParamFlags : ushort
{
    RESET = 0x1,
    FAILOUT = 0x2,
    DRYRUN = 0x4,
    ALL_TGT = 0x8,
    BROADCAST = 0x10,
    OST_ORPHAN = 0x20,
    CREATE_OSTOBJ = 0x40,
    CREATE_MDTOBJ = 0x80,
    WAIT = 0x100,
    DELAY_CREATE_OSTOBJ = 0x200,
}
