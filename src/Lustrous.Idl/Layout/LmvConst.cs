using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Layout;

/// <summary>Bounds and defaults of directory layouts.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[WireName("LMV_")]
public static class LmvConst
{
    public const int CRUSH_PG_COUNT = 4096;
    public const int MAX_STRIPE_COUNT = 2000;
    public const uint OFFSET_DEFAULT = 0xFFFFFFFF;
    public const int MAX_STRIPES_PER_MDT = 5;
    public const ulong OVERSTRIPE_COUNT_MIN = 0xFFFFFFFFFFFFFFFF;
    public const ulong OVERSTRIPE_COUNT_MAX = 0xFFFFFFFFFFFFFFFB;
}
