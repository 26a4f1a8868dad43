using System.Buffers.Binary;

namespace Lustrous.Osd.Disk.Store;

/// <summary>The value of an extent's key: what it is, and in a file the checksum of each block.</summary>
static class DiskExtentValue
{
    const int KindAt = 0, CountAt = 4, PhysicalAt = 8, ChecksumsAt = 16;

    public static byte[] Make(in DiskExtent extent)
    {
        int checksums = extent.Kind == DiskExtentKind.File ? extent.Count : 0;
        byte[] value = new byte[ChecksumsAt + checksums * sizeof(uint)];
        value[KindAt] = (byte)extent.Kind;
        BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(CountAt), extent.Count);
        BinaryPrimitives.WriteInt64LittleEndian(value.AsSpan(PhysicalAt), extent.Physical);
        return value;
    }

    /// <summary>Only for one that is whole: a damaged one is refused.</summary>
    public static bool TryRead(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, out DiskExtent extent)
    {
        extent = default;
        if (key.Length != DiskKey.NumberedSize || value.Length < ChecksumsAt)
            return false;
        extent = new DiskExtent(
            (long)DiskKey.At(key), BinaryPrimitives.ReadInt32LittleEndian(value[CountAt..]),
            (DiskExtentKind)value[KindAt], BinaryPrimitives.ReadInt64LittleEndian(value[PhysicalAt..]));
        int checksums = extent.Kind == DiskExtentKind.File ? extent.Count : 0;
        return extent.Count > 0 && extent.Kind is > DiskExtentKind.Hole and <= DiskExtentKind.File
            && value.Length == ChecksumsAt + (long)checksums * sizeof(uint) && extent.Physical >= 0;
    }

    /// <summary>Checksums of blocks, in order, as bytes.</summary>
    public static Span<byte> ChecksumRoom(Span<byte> value) => value[ChecksumsAt..];

    public static ReadOnlySpan<byte> Checksums(ReadOnlySpan<byte> value) => value[ChecksumsAt..];

    public static uint ChecksumAt(ReadOnlySpan<byte> value, int index) =>
        BinaryPrimitives.ReadUInt32LittleEndian(value[(ChecksumsAt + index * sizeof(uint))..]);

    public static void SetChecksum(Span<byte> value, int index, uint checksum) =>
        BinaryPrimitives.WriteUInt32LittleEndian(value[(ChecksumsAt + index * sizeof(uint))..], checksum);
}
