namespace Lustrous.Libcfs;

/// <summary>Adler-32 (RFC 1950), as a step function.</summary>
public static class Adler32
{
    public const uint Initial = 1;

    const uint Modulus = 65521;

    // The most bytes after which neither sum can have left 32 bits.
    const int BlockBytes = 5552;

    public static uint Append(uint state, ReadOnlySpan<byte> data)
    {
        uint low = state & 0xFFFF, high = state >> 16;
        while (!data.IsEmpty)
        {
            ReadOnlySpan<byte> block = data[..Math.Min(BlockBytes, data.Length)];
            data = data[block.Length..];
            while (block.Length >= 8)
            {
                // Eight steps at once: high takes low eight times and each byte as often as it is followed.
                high += 8 * low + 8u * block[0] + 7u * block[1] + 6u * block[2] + 5u * block[3]
                    + 4u * block[4] + 3u * block[5] + 2u * block[6] + block[7];
                low += (uint)(block[0] + block[1] + block[2] + block[3] + block[4] + block[5] + block[6] + block[7]);
                block = block[8..];
            }
            foreach (byte value in block)
            {
                low += value;
                high += low;
            }
            low %= Modulus;
            high %= Modulus;
        }
        return high << 16 | low;
    }
}
