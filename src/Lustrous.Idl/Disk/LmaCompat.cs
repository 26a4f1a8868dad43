using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Disk;

/// <summary><c>lma_compat</c> of <c>trusted.lma</c>.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[Flags]
[WireName("LMAC_")]
public enum LmaCompat : uint
{
    HSM = 0x1,
    NOT_IN_OI = 0x4,
    FID_ON_OST = 0x8,
    STRIPE_INFO = 0x10,
    COMP_INFO = 0x20,
    IDX_BACKUP = 0x40,
}
