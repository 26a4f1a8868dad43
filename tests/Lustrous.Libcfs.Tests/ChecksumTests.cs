using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using CsCheck;
using HashingCrc32 = System.IO.Hashing.Crc32;

namespace Lustrous.Libcfs.Tests;

public sealed class ChecksumTests
{
    static readonly byte[] Check = Encoding.ASCII.GetBytes("123456789");

    // The usual check values; Lustre's crc32 leaves out the final inversion.
    [Theory]
    [InlineData(ChecksumAlgorithm.Adler32, 0x091E01DE)]
    [InlineData(ChecksumAlgorithm.Crc32, ~0xCBF43926)]
    [InlineData(ChecksumAlgorithm.Crc32C, 0xE3069283)]
    public void The_known_value_comes_out(ChecksumAlgorithm algorithm, uint expected) =>
        Assert.Equal(expected, RunningChecksum.Compute(algorithm, Check));

    [Theory]
    [InlineData(ChecksumAlgorithm.Adler32, 1)]
    [InlineData(ChecksumAlgorithm.Crc32, uint.MaxValue)]
    [InlineData(ChecksumAlgorithm.Crc32C, 0)]
    public void Nothing_has_the_initial_value(ChecksumAlgorithm algorithm, uint expected) =>
        Assert.Equal(expected, new RunningChecksum(algorithm).Value);

    [Fact]
    public void An_independent_implementation_agrees() => Gen.Byte.Array[0, 20000].Sample(data =>
    {
        Assert.Equal(HashingCrc32.HashToUInt32(data), ~RunningChecksum.Compute(ChecksumAlgorithm.Crc32, data));
        Assert.Equal(AdlerOfZlib(data), RunningChecksum.Compute(ChecksumAlgorithm.Adler32, data));
    }, iter: 200);

    [Fact]
    public void The_instruction_and_the_tables_agree() => Gen.Select(Gen.UInt, Gen.Byte.Array[0, 300])
        .Sample((crc, data) => Crc32C.Append(crc, data) == Crc32C.AppendTables(crc, data));

    [Fact]
    public void Three_runs_at_once_and_the_tables_agree()
    {
        Assert.SkipUnless(System.Runtime.Intrinsics.X86.Sse42.X64.IsSupported, "this processor has no SSE 4.2");
        Gen.Select(Gen.UInt, Gen.Byte.Array[3000, 20000])
            .Sample((crc, data) => Crc32C.AppendSse42(crc, data) == Crc32C.AppendTables(crc, data), iter: 200);
    }

    /// <summary>Long enough for several runs at once, and not a multiple of anything.</summary>
    [Fact]
    public void They_agree_on_long_data() => Gen.Select(Gen.UInt, Gen.Byte.Array[3000, 20000])
        .Sample((crc, data) => Crc32C.Append(crc, data) == Crc32C.AppendTables(crc, data), iter: 200);

    [Fact]
    public void A_copy_has_the_bytes_and_their_sum() => Gen.Select(Gen.UInt, Gen.Byte.Array[0, 3000])
        .Sample((crc, data) =>
        {
            byte[] copy = new byte[data.Length + 1];
            Assert.Equal(Crc32C.AppendTables(crc, data), Crc32C.Copy(crc, data, copy));
            Assert.Equal(data, copy[..data.Length]);
            Assert.Equal(0, copy[data.Length]);
        }, iter: 300);

    [Fact]
    public void Joined_sums_are_the_sum_of_the_whole() => Gen.Select(Gen.Byte.Array[0, 600], Gen.Byte.Array[0, 600])
        .Sample((first, second) =>
        {
            var joined = new RunningChecksum(ChecksumAlgorithm.Crc32C);
            joined.Append(first);
            joined.AppendCrc32C(Crc32C.Append(0, second), Crc32C.PowerOfX(8 * second.Length));
            Assert.Equal(RunningChecksum.Compute(ChecksumAlgorithm.Crc32C, [.. first, .. second]), joined.Value);
        }, iter: 300);

    [Fact]
    public void The_largest_sums_do_not_overflow()
    {
        byte[] data = new byte[1 << 20];
        data.AsSpan().Fill(0xFF);
        uint low = 1, high = 0;
        foreach (byte value in data)
        {
            low = (low + value) % 65521;
            high = (high + low) % 65521;
        }
        Assert.Equal(high << 16 | low, RunningChecksum.Compute(ChecksumAlgorithm.Adler32, data));
    }

    [Fact]
    public void Pieces_give_what_the_whole_gives()
    {
        using PooledBuffer buffer = new BufferPool().Take(1000);
        for (int i = 0; i < 1000; i++)
            buffer.Span[i] = (byte)(i * 7);
        ReadOnlySpan<IoVec> pieces =
            [buffer.Slice(0, 1), buffer.Slice(1, 0), buffer.Slice(1, 606), buffer.Slice(607, 393)];
        foreach (ChecksumAlgorithm algorithm in Enum.GetValues<ChecksumAlgorithm>())
        {
            var running = new RunningChecksum(algorithm);
            running.Append(pieces);
            Assert.Equal(RunningChecksum.Compute(algorithm, buffer.Span[..1000]), running.Value);
        }
    }

    // A zlib stream ends with the Adler-32 of what went in.
    static uint AdlerOfZlib(byte[] data)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.NoCompression, leaveOpen: true))
            zlib.Write(data);
        return packed.Length < 4 ? 1 : BinaryPrimitives.ReadUInt32BigEndian(packed.ToArray().AsSpan()[^4..]);
    }
}
