using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Nodemap;

/// <summary>How a nodemap treats a client's capabilities.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("NODEMAP_CAP_")]
public enum NodemapCapType : uint
{
    OFF = 0,
    SET = 2,
}

/// <summary>
/// Values of <see cref="NodemapCapType"/> that combine, bound or repeat others: apart, so that it prints as its
/// parts.
/// </summary>
[WireName("NODEMAP_CAP_")]
public static class NodemapCapTypeMasks
{
    public const NodemapCapType MASK = (NodemapCapType)1;
}
