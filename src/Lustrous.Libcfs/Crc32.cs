using System.Buffers.Binary;
using ArmCrc32 = System.Runtime.Intrinsics.Arm.Crc32;

namespace Lustrous.Libcfs;

/// <summary>The step of the kernel's <c>crc32_le</c>: start with all ones; nobody inverts the result. It is also the
/// checksum of socklnd messages (<c>ksocknal_csum</c>).</summary>
public static class Crc32
{
    static readonly CrcTables Tables = new(0xEDB88320);

    public static uint Append(uint crc, ReadOnlySpan<byte> data)
    {
        if (!ArmCrc32.Arm64.IsSupported)
            return Tables.Append(crc, data);
        while (data.Length >= 8)
        {
            crc = ArmCrc32.Arm64.ComputeCrc32(
                crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[8..];
        }
        foreach (byte value in data)
            crc = ArmCrc32.ComputeCrc32(crc, value);
        return crc;
    }
}
