using Lustrous.Idl.Wire;

namespace Lustrous.Idl.LNet;

/// <summary>What a node says of itself in a ping buffer.</summary>
/// <remarks>Source: include/uapi/linux/lnet/lnet-idl.h.</remarks>
[Flags]
[WireName("LNET_PING_FEAT_")]
public enum PingFeatures : uint
{
    INVAL = 0,
    BASE = 0x1,
    NI_STATUS = 0x2,
    /// <summary>The node does not route.</summary>
    RTE_DISABLED = 0x4,
    MULTI_RAIL = 0x8,
    /// <summary>The node accepts a push.</summary>
    DISCOVERY = 0x10,
    LARGE_ADDR = 0x20,
    PRIMARY_LARGE = 0x40,
    METADATA = 0x80,
}

/// <summary>
/// Values of <see cref="PingFeatures"/> that combine, bound or repeat others: apart, so that it prints as its
/// parts.
/// </summary>
[WireName("LNET_PING_FEAT_")]
public static class PingFeaturesMasks
{
    /// <summary>All bits this version knows.</summary>
    public const PingFeatures BITS = (PingFeatures)0xFF;
}
