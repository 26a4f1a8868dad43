namespace Lustrous.Libcfs;

/// <summary>A checksum over pieces of data in order; a value type, so that it costs nothing to have one.</summary>
/// <remarks>Source: include/uapi/linux/lnet/lnet-crypto.h (cfs_crypto_hash_init, _update, _final).</remarks>
public struct RunningChecksum
{
    readonly ChecksumAlgorithm _algorithm;
    uint _state;

    public RunningChecksum(ChecksumAlgorithm algorithm)
    {
        _algorithm = algorithm;
        _state = algorithm == ChecksumAlgorithm.Adler32 ? Adler32.Initial : uint.MaxValue;
    }

    /// <summary>The checksum of everything so far, as Lustre sends it.</summary>
    public readonly uint Value => _algorithm == ChecksumAlgorithm.Crc32C ? ~_state : _state;

    public void Append(ReadOnlySpan<byte> data) => _state = _algorithm switch
    {
        ChecksumAlgorithm.Adler32 => Adler32.Append(_state, data),
        ChecksumAlgorithm.Crc32 => Crc32.Append(_state, data),
        _ => Crc32C.Append(_state, data),
    };

    /// <summary>Appends data whose CRC-32C is known; of a checksum of that kind.</summary>
    /// <param name="sum">Of the data by itself, begun with 0.</param>
    /// <param name="power"><see cref="Crc32C.PowerOfX"/> of its bits.</param>
    public void AppendCrc32C(uint sum, uint power)
    {
        Lassert.That(_algorithm == ChecksumAlgorithm.Crc32C);
        _state = Crc32C.Join(_state, sum, power);
    }

    public void Append(ReadOnlySpan<IoVec> pieces)
    {
        foreach (IoVec piece in pieces)
            Append(piece.Span);
    }

    public static uint Compute(ChecksumAlgorithm algorithm, ReadOnlySpan<byte> data)
    {
        var checksum = new RunningChecksum(algorithm);
        checksum.Append(data);
        return checksum.Value;
    }
}
