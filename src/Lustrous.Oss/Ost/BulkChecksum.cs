using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Libcfs;

namespace Lustrous.Oss.Ost;

/// <summary>Which checksum a bulk request is checked with, by the flags of its obdo (obd_cksum_type_unpack).</summary>
/// <remarks>Source: lustre/include/obd_cksum.h.</remarks>
static class BulkChecksum
{
    /// <summary>CRC-32C before CRC-32 before Adler; a sender that names none means CRC-32.</summary>
    public static ChecksumAlgorithm Unpack(in Obdo body)
    {
        ObdoFlags flags = (body.Valid & MdtValid.FLFLAGS) != 0 ? body.Flags & ObdoFlagsMasks.CKSUM_ALL : 0;
        return flags switch
        {
            ObdoFlags.CKSUM_CRC32C => ChecksumAlgorithm.Crc32C,
            ObdoFlags.CKSUM_ADLER => ChecksumAlgorithm.Adler32,
            _ => ChecksumAlgorithm.Crc32,
        };
    }

    public static ObdoFlags Pack(ChecksumAlgorithm algorithm) => algorithm switch
    {
        ChecksumAlgorithm.Crc32C => ObdoFlags.CKSUM_CRC32C,
        ChecksumAlgorithm.Adler32 => ObdoFlags.CKSUM_ADLER,
        _ => ObdoFlags.CKSUM_CRC32,
    };

    public static uint Compute(ChecksumAlgorithm algorithm, ReadOnlySpan<IoVec> pieces)
    {
        var checksum = new RunningChecksum(algorithm);
        checksum.Append(pieces);
        return checksum.Value;
    }
}
