using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Layout;

/// <summary>Bounds and defaults of file layouts.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h, lustre_idl.h.</remarks>
[WireName("LOV_")]
public static class LovConst
{
    public const int MAXPOOLNAME = 15;
    public const int MAX_STRIPE_COUNT = 2000;
    public const int MAX_STRIPE_COUNT_OLD = 160;
    public const int MIN_STRIPE_BITS = 16;
    public const int MIN_STRIPE_SIZE = 0x10000;
    public const int ALL_STRIPES = 65535;
    public const int ALL_STRIPES_WIDE = 65504;
    public const uint DESC_MAGIC = 0xB0CCDE5C;
    public const int DESC_STRIPE_SIZE_DEFAULT = 0x400000;
    public const int DESC_QOS_MAXAGE_DEFAULT = 5;
    public const int OFFSET_DEFAULT = 65535;
    public const int V1_INSANE_STRIPE_COUNT = 65503;
}
