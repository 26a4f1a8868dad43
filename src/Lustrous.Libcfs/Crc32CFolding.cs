using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Lustrous.Libcfs;

/// <summary>
/// CRC-32C of long data, 256 bytes a step: what was read so far is multiplied by the power of x that the next step is
/// worth and added to it, without reducing it until the end. In one run through memory, so that the processor's
/// prefetching keeps up; the instruction of SSE 4.2 takes 24.
/// </summary>
/// <remarks>The method of Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ" (Intel, 2009).
/// Bits are mirrored: the lower half of a lane is worth x^64, and a product comes out x too high, so the powers are one
/// less than the distance.</remarks>
static class Crc32CFolding
{
    const int StepBytes = 256, VectorBits = 512, LaneBits = 128;

    static readonly Vector512<ulong> StepPowers = Vector512.Create(PowersOf(8 * StepBytes));
    static readonly Vector512<ulong> VectorPowers = Vector512.Create(PowersOf(VectorBits));
    static readonly Vector128<ulong> LanePowers = PowersOf(LaneBits);

    public static bool IsSupported => Pclmulqdq.V512.IsSupported && Sse42.X64.IsSupported;

    /// <summary>Takes as many whole steps as there are, and leaves the rest in <paramref name="data"/>.</summary>
    /// <remarks>Optimized at once: a first gibibyte at a tenth of the speed would be long.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static uint Append(uint crc, ref ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<Vector512<ulong>> vectors = TakeSteps(ref data);
        if (vectors.IsEmpty)
            return crc;
        ref readonly Vector512<ulong> at = ref vectors[0];
        Vector512<ulong> a = at ^ Vector512.CreateScalar((ulong)crc);
        Vector512<ulong> b = Unsafe.Add(ref Unsafe.AsRef(in at), 1);
        Vector512<ulong> c = Unsafe.Add(ref Unsafe.AsRef(in at), 2);
        Vector512<ulong> d = Unsafe.Add(ref Unsafe.AsRef(in at), 3);
        Vector512<ulong> powers = StepPowers;
        for (int i = 4; i < vectors.Length; i += 4)
        {
            ref Vector512<ulong> next = ref Unsafe.Add(ref Unsafe.AsRef(in at), i);
            a = Fold(a, powers) ^ next;
            b = Fold(b, powers) ^ Unsafe.Add(ref next, 1);
            c = Fold(c, powers) ^ Unsafe.Add(ref next, 2);
            d = Fold(d, powers) ^ Unsafe.Add(ref next, 3);
        }
        return Reduce(a, b, c, d);
    }

    /// <summary>The same, and copies what it took: once through memory for both.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static uint Copy(uint crc, ref ReadOnlySpan<byte> data, ref Span<byte> destination)
    {
        Lassert.That(destination.Length >= data.Length);
        ReadOnlySpan<Vector512<ulong>> vectors = TakeSteps(ref data);
        if (vectors.IsEmpty)
            return crc;
        ref Vector512<ulong> to = ref Unsafe.As<byte, Vector512<ulong>>(ref destination[0]);
        destination = destination[(vectors.Length * Vector512<byte>.Count)..];
        ref readonly Vector512<ulong> at = ref vectors[0];
        Vector512<ulong> a = at, b = Unsafe.Add(ref Unsafe.AsRef(in at), 1);
        Vector512<ulong> c = Unsafe.Add(ref Unsafe.AsRef(in at), 2), d = Unsafe.Add(ref Unsafe.AsRef(in at), 3);
        Store(ref to, a, b, c, d);
        a ^= Vector512.CreateScalar((ulong)crc);
        Vector512<ulong> powers = StepPowers;
        for (int i = 4; i < vectors.Length; i += 4)
        {
            ref Vector512<ulong> next = ref Unsafe.Add(ref Unsafe.AsRef(in at), i);
            Vector512<ulong> e = next, f = Unsafe.Add(ref next, 1);
            Vector512<ulong> g = Unsafe.Add(ref next, 2), h = Unsafe.Add(ref next, 3);
            Store(ref Unsafe.Add(ref to, i), e, f, g, h);
            a = Fold(a, powers) ^ e;
            b = Fold(b, powers) ^ f;
            c = Fold(c, powers) ^ g;
            d = Fold(d, powers) ^ h;
        }
        return Reduce(a, b, c, d);
    }

    static ReadOnlySpan<Vector512<ulong>> TakeSteps(ref ReadOnlySpan<byte> data)
    {
        if (data.Length < 2 * StepBytes)
            return default;
        ReadOnlySpan<byte> steps = data[..(data.Length & ~(StepBytes - 1))];
        data = data[steps.Length..];
        return MemoryMarshal.Cast<byte, Vector512<ulong>>(steps);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Store(
        ref Vector512<ulong> to, Vector512<ulong> a, Vector512<ulong> b, Vector512<ulong> c, Vector512<ulong> d)
    {
        to = a;
        Unsafe.Add(ref to, 1) = b;
        Unsafe.Add(ref to, 2) = c;
        Unsafe.Add(ref to, 3) = d;
    }

    static uint Reduce(Vector512<ulong> a, Vector512<ulong> b, Vector512<ulong> c, Vector512<ulong> d)
    {
        b ^= Fold(a, VectorPowers);
        c ^= Fold(b, VectorPowers);
        Vector512<ulong> sum = d ^ Fold(c, VectorPowers);
        Vector128<ulong> lane = sum.GetLower().GetLower();
        lane = Fold(lane) ^ sum.GetLower().GetUpper();
        lane = Fold(lane) ^ sum.GetUpper().GetLower();
        lane = Fold(lane) ^ sum.GetUpper().GetUpper();
        return (uint)Sse42.X64.Crc32(Sse42.X64.Crc32(0, lane[0]), lane[1]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<ulong> Fold(Vector512<ulong> sum, Vector512<ulong> powers) =>
        Pclmulqdq.V512.CarrylessMultiply(sum, powers, 0x00) ^ Pclmulqdq.V512.CarrylessMultiply(sum, powers, 0x11);

    static Vector128<ulong> Fold(Vector128<ulong> lane) =>
        Pclmulqdq.CarrylessMultiply(lane, LanePowers, 0x00) ^ Pclmulqdq.CarrylessMultiply(lane, LanePowers, 0x11);

    /// <summary>What a lane's halves are multiplied by to be worth as much as <paramref name="bits"/> further on.
    /// </summary>
    static Vector128<ulong> PowersOf(int bits) => Vector128.Create(
        (ulong)Crc32C.PowerOfX(bits + 63) << 32, (ulong)Crc32C.PowerOfX(bits - 1) << 32);
}
