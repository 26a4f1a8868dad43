using System.Buffers.Binary;

namespace Lustrous.Libcfs;

/// <summary>A reflected 32-bit CRC by tables, eight bytes at a step.</summary>
sealed class CrcTables
{
    const int Slices = 8;

    readonly uint[] _tables = new uint[Slices * 256];

    public CrcTables(uint reversedPolynomial)
    {
        for (uint value = 0; value < 256; value++)
        {
            uint crc = value;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) * reversedPolynomial);
            _tables[value] = crc;
        }
        for (int i = 256; i < _tables.Length; i++)
            _tables[i] = (_tables[i - 256] >> 8) ^ _tables[_tables[i - 256] & 0xFF];
    }

    public uint Append(uint crc, ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<uint> tables = _tables;
        while (data.Length >= 8)
        {
            uint low = BinaryPrimitives.ReadUInt32LittleEndian(data) ^ crc;
            uint high = BinaryPrimitives.ReadUInt32LittleEndian(data[4..]);
            crc = tables[(int)(7 * 256 + (low & 0xFF))] ^ tables[(int)(6 * 256 + (low >> 8 & 0xFF))]
                ^ tables[(int)(5 * 256 + (low >> 16 & 0xFF))] ^ tables[(int)(4 * 256 + (low >> 24))]
                ^ tables[(int)(3 * 256 + (high & 0xFF))] ^ tables[(int)(2 * 256 + (high >> 8 & 0xFF))]
                ^ tables[(int)(256 + (high >> 16 & 0xFF))] ^ tables[(int)(high >> 24)];
            data = data[8..];
        }
        foreach (byte value in data)
            crc = (crc >> 8) ^ tables[(int)((crc ^ value) & 0xFF)];
        return crc;
    }
}
