using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Layout;

/// <summary>Which directory layout <c>lfs getdirstripe</c> asks for.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_user.h.</remarks>
[WireName("LMV_TYPE_")]
public enum LmvType : uint
{
    RAW = 1,
}

/// <summary>
/// Values of <see cref="LmvType"/> that combine, bound or repeat others: apart, so that it prints as its parts.
/// </summary>
[WireName("LMV_TYPE_")]
public static class LmvTypeMasks
{
    public const LmvType DEFAULT = (LmvType)0;
}
