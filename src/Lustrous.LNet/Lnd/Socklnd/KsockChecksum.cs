using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Lustrous.LNet.Lnd.Socklnd;

/// <summary>
/// The checksum of socklnd messages: CRC-32 of IEEE 802.3, started with all ones and not inverted at the end (the
/// kernel's <c>crc32_le</c>). Up to version 2 it covers headers and payload, from version 3 only the payload.
/// </summary>
/// <remarks>Source: lnet/klnds/socklnd/socklnd_lib.c (ksocknal_lib_recv, ksocknal_lib_csum_tx).</remarks>
static class KsockChecksum
{
    public const uint Seed = uint.MaxValue;

    // Eight bytes a step: the table of a byte's effect, then of the same byte with one to seven zero bytes behind it.
    static readonly uint[] Tables = BuildTables();

    public static uint Add(uint crc, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<uint> t = Tables;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong raw in words)
        {
            ulong word = BitConverter.IsLittleEndian ? raw : BinaryPrimitives.ReverseEndianness(raw);
            word ^= crc;
            crc = t[(7 << 8) + (int)(word & 0xff)] ^ t[(6 << 8) + (int)(word >> 8 & 0xff)]
                ^ t[(5 << 8) + (int)(word >> 16 & 0xff)] ^ t[(4 << 8) + (int)(word >> 24 & 0xff)]
                ^ t[(3 << 8) + (int)(word >> 32 & 0xff)] ^ t[(2 << 8) + (int)(word >> 40 & 0xff)]
                ^ t[(1 << 8) + (int)(word >> 48 & 0xff)] ^ t[(int)(word >> 56)];
        }
        foreach (byte b in bytes[(words.Length * 8)..])
            crc = crc >> 8 ^ t[(byte)crc ^ b];
        return crc;
    }

    static uint[] BuildTables()
    {
        var tables = new uint[8 * 256];
        for (uint i = 0; i < 256; i++)
        {
            uint crc = i;
            for (int bit = 0; bit < 8; bit++)
                crc = crc >> 1 ^ ((crc & 1) == 0 ? 0 : 0xEDB88320);
            tables[i] = crc;
        }
        for (int i = 256; i < tables.Length; i++)
            tables[i] = tables[i - 256] >> 8 ^ tables[(byte)tables[i - 256]];
        return tables;
    }
}
