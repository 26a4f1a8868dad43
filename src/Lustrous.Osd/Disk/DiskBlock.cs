namespace Lustrous.Osd.Disk;

/// <summary>Blocks of bodies: what is allocated, written anew, and has a checksum.</summary>
static class DiskBlock
{
    public const int Shift = 12;
    public const int Size = 1 << Shift;
    public const long Mask = Size - 1;

    /// <summary>Bytes of a body that are kept in the store rather than in a file, when it has no more.</summary>
    public const int InlineBytes = 16 << 10;

    /// <summary>Blocks of an extent in a file at most; 1 MiB.</summary>
    public const int MaxExtent = 256;

    public static long RoundUp(long offset) =>
        offset > long.MaxValue - Size ? long.MaxValue & ~Mask : (offset + Mask) & ~Mask;

    public static uint Checksum(ReadOnlySpan<byte> block) => ~Crc32C.Append(uint.MaxValue, block);
}
