using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Quota;

/// <summary>Whose use is counted.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("LQUOTA_TYPE_")]
public enum QuotaType : byte
{
    USR = 0,
    GRP = 1,
    PRJ = 2,
}

/// <summary>
/// Values of <see cref="QuotaType"/> that combine, bound or repeat others: apart, so that it prints as its parts.
/// </summary>
[WireName("LQUOTA_TYPE_")]
public static class QuotaTypeMasks
{
    public const QuotaType MAX = (QuotaType)3;
}
