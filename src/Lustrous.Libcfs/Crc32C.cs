using System.Buffers.Binary;
using System.Runtime.Intrinsics.X86;
using ArmCrc32 = System.Runtime.Intrinsics.Arm.Crc32;

namespace Lustrous.Libcfs;

/// <summary>The step of CRC-32C: start with all ones, invert at the end. Uses the processor's instruction where
/// there is one.</summary>
public static class Crc32C
{
    static readonly CrcTables Tables = new(0x82F63B78);

    public static uint Append(uint crc, ReadOnlySpan<byte> data)
    {
        if (Sse42.X64.IsSupported)
            return AppendSse42(crc, data);
        return ArmCrc32.Arm64.IsSupported ? AppendArm(crc, data) : AppendTables(crc, data);
    }

    internal static uint AppendTables(uint crc, ReadOnlySpan<byte> data) => Tables.Append(crc, data);

    static uint AppendSse42(uint crc, ReadOnlySpan<byte> data)
    {
        ulong wide = crc;
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
