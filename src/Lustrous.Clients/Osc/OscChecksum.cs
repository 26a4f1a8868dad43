using Lustrous.Idl.Ost;
using Lustrous.Libcfs;

namespace Lustrous.Clients.Osc;

/// <summary>Checksums of bulk data: how connect data and <c>o_flags</c> name them.</summary>
/// <remarks>Source: lustre/include/obd_cksum.h.</remarks>
static class OscChecksum
{
    /// <summary>The quickest of those allowed; null for none that we know.</summary>
    public static ChecksumAlgorithm? Best(ChecksumTypes allowed)
    {
        if ((allowed & ChecksumTypes.CRC32C) != 0)
            return ChecksumAlgorithm.Crc32C;
        if ((allowed & ChecksumTypes.ADLER) != 0)
            return ChecksumAlgorithm.Adler32;
        return (allowed & ChecksumTypes.CRC32) != 0 ? ChecksumAlgorithm.Crc32 : null;
    }

    public static ObdoFlags Pack(ChecksumAlgorithm algorithm) => algorithm switch
    {
        ChecksumAlgorithm.Crc32C => ObdoFlags.CKSUM_CRC32C,
        ChecksumAlgorithm.Crc32 => ObdoFlags.CKSUM_CRC32,
        _ => ObdoFlags.CKSUM_ADLER,
    };

    /// <summary>Null for one we did not ask for.</summary>
    public static ChecksumAlgorithm? Unpack(ObdoFlags flags) => (flags & ObdoFlagsMasks.CKSUM_ALL) switch
    {
        ObdoFlags.CKSUM_CRC32C => ChecksumAlgorithm.Crc32C,
        ObdoFlags.CKSUM_CRC32 => ChecksumAlgorithm.Crc32,
        ObdoFlags.CKSUM_ADLER => ChecksumAlgorithm.Adler32,
        _ => null,
    };

    /// <summary>As <c>checksum_type</c> shows it.</summary>
    public static string Name(ChecksumAlgorithm algorithm) => algorithm switch
    {
        ChecksumAlgorithm.Crc32C => "crc32c",
        ChecksumAlgorithm.Crc32 => "crc32",
        _ => "adler",
    };
}
