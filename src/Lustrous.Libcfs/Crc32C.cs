using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ArmCrc32 = System.Runtime.Intrinsics.Arm.Crc32;

namespace Lustrous.Libcfs;

/// <summary>The step of CRC-32C: start with all ones, invert at the end. Uses the processor's instruction where
/// there is one.</summary>
public static class Crc32C
{
    const uint Polynomial = 0x82F63B78;
    const uint One = 0x80000000;        // x to the power of 0
    const int LaneBytes = 1024;

    static readonly CrcTables Tables = new(Polynomial);

    // Less 33: 32 that the final instruction adds, and one that a product of mirrored numbers lacks.
    static readonly ulong OneLane = PowerOfX((8 * LaneBytes) - 33);
    static readonly ulong TwoLanes = PowerOfX((16 * LaneBytes) - 33);

    public static uint Append(uint crc, ReadOnlySpan<byte> data)
    {
        if (Crc32CFolding.IsSupported)
            crc = Crc32CFolding.Append(crc, ref data);
        if (Sse42.X64.IsSupported)
            return AppendSse42(crc, data);
        return ArmCrc32.Arm64.IsSupported ? AppendArm(crc, data) : AppendTables(crc, data);
    }

    /// <summary>Copies, and appends what was copied.</summary>
    public static uint Copy(uint crc, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (Crc32CFolding.IsSupported)
            crc = Crc32CFolding.Copy(crc, ref source, ref destination);
        source.CopyTo(destination);
        return Append(crc, source);
    }

    /// <summary>The sum of data and what follows it.</summary>
    /// <param name="crc">After the data.</param>
    /// <param name="next">Of what follows, by itself, begun with 0.</param>
    /// <param name="power"><see cref="PowerOfX"/> of the bits that follow.</param>
    public static uint Join(uint crc, uint next, uint power) => Multiply(crc, power) ^ next;

    internal static uint AppendTables(uint crc, ReadOnlySpan<byte> data) => Tables.Append(crc, data);

    // One instruction takes three cycles and a new one may begin each cycle: three runs at once, joined by
    // multiplying the earlier sums by the power of x that the later bytes are worth.
    internal static uint AppendSse42(uint crc, ReadOnlySpan<byte> data)
    {
        ulong wide = crc;
        if (Pclmulqdq.IsSupported)
        {
            while (data.Length >= 3 * LaneBytes)
            {
                wide = AppendLanes(wide, data);
                data = data[(3 * LaneBytes)..];
            }
        }
        while (data.Length >= 8)
        {
            wide = Sse42.X64.Crc32(wide, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[8..];
        }
        crc = (uint)wide;
        foreach (byte value in data)
            crc = Sse42.Crc32(crc, value);
        return crc;
    }

    static unsafe ulong AppendLanes(ulong wide, ReadOnlySpan<byte> data)
    {
        Lassert.That(data.Length >= 3 * LaneBytes);
        ulong middle = 0, last = 0;
        fixed (byte* start = data)
        {
            byte* end = start + LaneBytes;
            for (byte* at = start; at < end; at += 2 * sizeof(ulong))
            {
                wide = Sse42.X64.Crc32(wide, *(ulong*)at);
                middle = Sse42.X64.Crc32(middle, *(ulong*)(at + LaneBytes));
                last = Sse42.X64.Crc32(last, *(ulong*)(at + 2 * LaneBytes));
                wide = Sse42.X64.Crc32(wide, *(ulong*)(at + sizeof(ulong)));
                middle = Sse42.X64.Crc32(middle, *(ulong*)(at + LaneBytes + sizeof(ulong)));
                last = Sse42.X64.Crc32(last, *(ulong*)(at + 2 * LaneBytes + sizeof(ulong)));
            }
        }
        return last ^ Shift(wide, TwoLanes) ^ Shift(middle, OneLane);
    }

    /// <summary>A sum after as many zero bytes as the power of x stands for.</summary>
    static ulong Shift(ulong sum, ulong power)
    {
        // The product, 32 bits short of its place: the instruction brings it there and reduces it.
        Vector128<ulong> product = Pclmulqdq.CarrylessMultiply(
            Vector128.CreateScalar(sum), Vector128.CreateScalar(power), 0);
        return Sse42.X64.Crc32(0, product[0]);
    }

    /// <summary>x to the power of <paramref name="bits"/> modulo the polynomial, bits mirrored.</summary>
    public static uint PowerOfX(int bits)
    {
        uint power = One;
        for (uint square = One >> 1; bits != 0; bits >>= 1, square = Multiply(square, square))
        {
            if ((bits & 1) != 0)
                power = Multiply(power, square);
        }
        return power;
    }

    static uint Multiply(uint left, uint right)
    {
        uint product = 0;
        for (; left != 0; left <<= 1)
        {
            if ((left & One) != 0)
                product ^= right;
            right = (right >> 1) ^ ((right & 1) != 0 ? Polynomial : 0);
        }
        return product;
    }

    static uint AppendArm(uint crc, ReadOnlySpan<byte> data)
    {
        while (data.Length >= 8)
        {
            crc = ArmCrc32.Arm64.ComputeCrc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[8..];
        }
        foreach (byte value in data)
            crc = ArmCrc32.ComputeCrc32C(crc, value);
        return crc;
    }
}
