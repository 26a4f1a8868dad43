using System.Text;
using Lustrous.Libcfs;
using Lustrous.Osd.Disk;
using Lustrous.Osd.Disk.Store;

namespace Lustrous.Fuzz.Tests.Targets;

/// <summary>What a target keeps on its disk, as the disk gives it back.</summary>
static class OsdTargets
{
    [FuzzTarget("DiskFormat.Parse", Seeds = SeedKind.Text)]
    public static void Format(ReadOnlySpan<byte> input)
    {
        Errno error = DiskFormat.Parse(Encoding.Latin1.GetString(input), out DiskFormat? format);
        Lassert.That(error != Errno.OK || format is { Version: > 0 and <= DiskFormat.Current });
    }

    [FuzzTarget("DiskBoot.Parse", Seeds = SeedKind.Text)]
    public static void Boot(ReadOnlySpan<byte> input) => _ = DiskBoot.Parse(Encoding.Latin1.GetString(input));

    [FuzzTarget("DiskExtentValue.TryRead")]
    public static void Extent(ReadOnlySpan<byte> input)
    {
        int key = Math.Min(input.Length, DiskKey.NumberedSize);
        if (DiskExtentValue.TryRead(input[..key], input[key..], out DiskExtent extent))
            Lassert.That(extent.Count > 0 && extent.Physical >= 0);
    }

    [FuzzTarget("DiskXattrs.TryRead")]
    public static void Xattrs(ReadOnlySpan<byte> input)
    {
        if (!DiskXattrs.TryRead(input.ToArray(), out DiskXattrs xattrs))
            return;
        int at = 0;
        for (int size; at < xattrs.Bytes.Length; at += size)
            Lassert.That(xattrs.At(at, out size, out ReadOnlySpan<byte> value).Length + value.Length < size);
        Lassert.That(at == input.Length);
        _ = xattrs.TryFind("user.x"u8, out _, out _, out _);
    }

    [FuzzTarget("DiskBatchReader.MoveNext")]
    public static void Batch(ReadOnlySpan<byte> input)
    {
        var reader = new DiskBatchReader(input);
        long bytes = 0;
        while (reader.MoveNext())
            bytes += 1 + reader.Key.Length + reader.Value.Length;
        Lassert.That(bytes <= input.Length);
    }

    [FuzzTarget("DiskJournal.TryRead")]
    public static void Journal(ReadOnlySpan<byte> input)
    {
        var journal = new DiskJournal("", null);
        if (!journal.TryRead(input, out _, out _, out ReadOnlySpan<byte> payload, out int size))
            return;
        Lassert.That(size >= DiskJournal.HeaderSize + payload.Length);
    }
}
