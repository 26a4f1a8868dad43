using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Lustrous.Idl.Wire;

/// <summary>Wire structs as bytes and back. Structs have no padding, so their bytes are their value.</summary>
public static class WireBytes
{
    /// <summary>The bytes of <paramref name="value"/> itself, for writing in place.</summary>
    public static Span<byte> Of<T>(ref T value) where T : unmanaged =>
        MemoryMarshal.AsBytes(new Span<T>(ref value));

    /// <summary>The bytes of <paramref name="value"/>.</summary>
    public static ReadOnlySpan<byte> OfReadOnly<T>(ref readonly T value) where T : unmanaged =>
        MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value));

    /// <returns>False when fewer bytes are there than the struct has.</returns>
    public static bool TryRead<T>(ReadOnlySpan<byte> bytes, out T value) where T : unmanaged =>
        MemoryMarshal.TryRead(bytes, out value);

    /// <returns>False when the struct does not fit.</returns>
    public static bool TryWrite<T>(Span<byte> bytes, in T value) where T : unmanaged =>
        MemoryMarshal.TryWrite(bytes, in value);

    /// <summary>One view of a union: the first bytes of <paramref name="union"/>.</summary>
    public static TView View<TUnion, TView>(in TUnion union) where TUnion : unmanaged where TView : unmanaged
    {
        Lassert.That(Unsafe.SizeOf<TView>() <= Unsafe.SizeOf<TUnion>());
        return MemoryMarshal.Read<TView>(OfReadOnly(in union));
    }

    /// <summary>Sets the first bytes of a union and zeroes what the view leaves over.</summary>
    public static void SetView<TUnion, TView>(ref TUnion union, in TView view)
        where TUnion : unmanaged where TView : unmanaged
    {
        Lassert.That(Unsafe.SizeOf<TView>() <= Unsafe.SizeOf<TUnion>());
        Span<byte> bytes = Of(ref union);
        MemoryMarshal.Write(bytes, in view);
        bytes[Unsafe.SizeOf<TView>()..].Clear();
    }

    public static bool Equal<T>(in T left, in T right) where T : unmanaged =>
        OfReadOnly(in left).SequenceEqual(OfReadOnly(in right));

    /// <summary>A hash that is the same in every run: nothing may hang on a process's seed (design rule 4).</summary>
    public static int Hash<T>(in T value) where T : unmanaged
    {
        // Multiply and rotate, word by word: spreads the small differences between neighbouring FIDs over all bits.
        const ulong Odd = 0x9e3779b97f4a7c15;
        ReadOnlySpan<byte> bytes = OfReadOnly(in value);
        ulong hash = (ulong)bytes.Length;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            hash = BitOperations.RotateLeft((hash ^ MemoryMarshal.Read<ulong>(bytes)) * Odd, 29);
        foreach (byte b in bytes) hash = BitOperations.RotateLeft((hash ^ b) * Odd, 29);
        return (int)(hash ^ hash >> 32);
    }
}
