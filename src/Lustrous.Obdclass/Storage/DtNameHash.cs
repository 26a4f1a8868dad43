namespace Lustrous.Obdclass.Storage;

/// <summary>Where a name stands in its directory: the cookies of readdir that kernel clients see.</summary>
/// <remarks>Kernel clients take positions up to 2^63 − 1, whose end means the end of the directory; without
/// OBD_CONNECT_64BITHASH they use the upper 32 bits (llite/dir.c). "." and ".." come first, as ext4 has it.</remarks>
public static class DtNameHash
{
    /// <summary>Hash of ".".</summary>
    public const ulong Dot = 0;

    /// <summary>Hash of "..": 1 in 32 bits.</summary>
    public const ulong DotDot = 1UL << 32;

    /// <summary>No other name is below.</summary>
    public const ulong First = 2UL << 32;

    /// <summary>No name is above.</summary>
    public const ulong Last = (0x7FFFFFFEUL << 32) - 1;

    /// <summary>SipHash-1-3 of the name, so that who does not know the key cannot make names collide.</summary>
    /// <param name="name">The name.</param>
    /// <param name="key">Of the device, never changed.</param>
    public static ulong Of(ReadOnlySpan<byte> name, UInt128 key)
    {
        if (name.SequenceEqual("."u8))
            return Dot;
        if (name.SequenceEqual(".."u8))
            return DotDot;
        ulong hash = SipHash13.Hash(name, (ulong)key, (ulong)(key >> 64)) >> 1;
        return Math.Clamp(hash, First, Last);
    }
}
