using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ost;

/// <summary>Checksums of bulk data, as connecting peers negotiate them (<c>ocd_cksum_types</c>).</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("OBD_CKSUM_")]
public enum ChecksumTypes : uint
{
    CRC32 = 0x1,
    ADLER = 0x2,
    CRC32C = 0x4,
    RESERVED = 0x8,
    T10IP512 = 0x10,
    T10IP4K = 0x20,
    T10CRC512 = 0x40,
    T10CRC4K = 0x80,
}

/// <summary>
/// Values of <see cref="ChecksumTypes"/> that combine, bound or repeat others: apart, so that it prints as its
/// parts.
/// </summary>
[WireName("OBD_CKSUM_")]
public static class ChecksumTypesMasks
{
    public const ChecksumTypes ALL = (ChecksumTypes)0xF7;
    public const ChecksumTypes T10_ALL = (ChecksumTypes)0xF0;
    /// <summary>Over the tags of all sectors.</summary>
    public const ChecksumTypes T10_TOP = (ChecksumTypes)0x2;
}
