using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Lfsck;

/// <summary>Which parameters of a start hold a value.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_lfsck_user.h.</remarks>
[Flags]
[WireName("LSV_")]
public enum LfsckStartValid : uint
{
    SPEED_LIMIT = 0x1,
    ERROR_HANDLE = 0x2,
    DRYRUN = 0x4,
    ASYNC_WINDOWS = 0x8,
    CREATE_OSTOBJ = 0x10,
    CREATE_MDTOBJ = 0x20,
    DELAY_CREATE_OSTOBJ = 0x40,
}
