using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Lustrous.Obdclass.Storage;

/// <summary>SipHash with one round a word and three at the end (Aumasson and Bernstein, public domain).</summary>
static class SipHash13
{
    public static ulong Hash(ReadOnlySpan<byte> data, ulong k0, ulong k1)
    {
        ulong v0 = 0x736F6D6570736575 ^ k0;
        ulong v1 = 0x646F72616E646F6D ^ k1;
        ulong v2 = 0x6C7967656E657261 ^ k0;
        ulong v3 = 0x7465646279746573 ^ k1;
        ulong tail = (ulong)data.Length << 56;
        while (data.Length >= sizeof(ulong))
        {
            ulong word = BinaryPrimitives.ReadUInt64LittleEndian(data);
            v3 ^= word;
            Round(ref v0, ref v1, ref v2, ref v3);
            v0 ^= word;
            data = data[sizeof(ulong)..];
        }
        for (int i = 0; i < data.Length; i++)
            tail |= (ulong)data[i] << (8 * i);
        v3 ^= tail;
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= tail;
        v2 ^= 0xFF;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        return v0 ^ v1 ^ v2 ^ v3;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1;
        v2 += v3;
        v1 = ulong.RotateLeft(v1, 13) ^ v0;
        v3 = ulong.RotateLeft(v3, 16) ^ v2;
        v0 = ulong.RotateLeft(v0, 32);
        v2 += v1;
        v0 += v3;
        v1 = ulong.RotateLeft(v1, 17) ^ v2;
        v3 = ulong.RotateLeft(v3, 21) ^ v0;
        v2 = ulong.RotateLeft(v2, 32);
    }
}
