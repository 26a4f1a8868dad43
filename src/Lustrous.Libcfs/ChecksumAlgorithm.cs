namespace Lustrous.Libcfs;

/// <summary>Checksums that need no key: what bulk data and socklnd messages are checked with.</summary>
public enum ChecksumAlgorithm
{
    Adler32,
    /// <summary>The polynomial of Ethernet, without the final inversion, as the kernel's <c>crc32</c> hash.</summary>
    Crc32,
    /// <summary>Castagnoli's polynomial, as iSCSI and the kernel's <c>crc32c</c> hash.</summary>
    Crc32C,
}
