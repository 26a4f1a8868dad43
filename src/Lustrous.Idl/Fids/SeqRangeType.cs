using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Fids;

/// <summary>Whose sequences a range holds: <c>lsr_flags</c>.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("LU_SEQ_RANGE_")]
public enum SeqRangeType : uint
{
    MDT = 0,
    OST = 1,
    ANY = 3,
}

/// <summary>
/// Values of <see cref="SeqRangeType"/> that combine, bound or repeat others: apart, so that it prints as its
/// parts.
/// </summary>
[WireName("LU_SEQ_RANGE_")]
public static class SeqRangeTypeMasks
{
    public const SeqRangeType MASK = (SeqRangeType)3;
}
