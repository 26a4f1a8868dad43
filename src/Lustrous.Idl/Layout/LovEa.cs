using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Layout;

/// <summary>
/// The layout of a file striped over OSTs, read from or to be written to its <c>trusted.lov</c>: LOV_MAGIC_V1 or, with
/// a pool, LOV_MAGIC_V3. On disk and on the wire it is little endian, always.
/// </summary>
/// <remarks>Source: lod_generate_lovea and lod_parse_striping of lustre/lod/lod_lov.c, lustre/lov/lov_ea.c.</remarks>
public sealed record LovEa
{
    public LovMagic Magic { get; init; } = LovMagic.V1;

    public LovPattern Pattern { get; init; } = LovPattern.RAID0;

    /// <summary>FID of the file, as <c>lmm_oi</c> holds it: number first, then sequence
    /// (<see cref="FileIdOf"/>).</summary>
    public OstId FileId { get; init; }

    /// <summary>Bytes; a multiple of 64 KiB.</summary>
    public uint StripeSize { get; init; }

    public ushort LayoutGeneration { get; init; }

    /// <summary>V3 only; empty for none.</summary>
    public string PoolName { get; init; } = "";

    /// <summary>One a stripe, in order. Empty for a released file.</summary>
    public IReadOnlyList<LovOstDataV1> Objects { get; init; } = [];

    /// <summary>Stripes as written; a released file keeps the number without the objects.</summary>
    public ushort StripeCount { get; init; }

    /// <summary>The data is only in the archive: there are no objects.</summary>
    public bool IsReleased => (Pattern & LovPattern.F_RELEASED) != 0;

    /// <summary>The pattern without its marks: how data lies.</summary>
    public LovPattern Kind => Pattern & ~LovPatternMasks.F_MASK & ~LovPattern.OVERSTRIPING;

    /// <summary>Bytes that it takes.</summary>
    public int Size => HeaderSize(Magic) + Objects.Count * Unsafe.SizeOf<LovOstDataV1>();

    /// <summary>Bytes of a layout of so many stripes.</summary>
    public static int SizeOf(LovMagic magic, int stripeCount) =>
        HeaderSize(magic) + stripeCount * Unsafe.SizeOf<LovOstDataV1>();

    /// <summary>A file's FID as <c>lmm_oi</c> has it (lmm_oi_set_id, lmm_oi_set_seq): the object number in the first
    /// word and the sequence in the second, which is not the order of a FID.</summary>
    public static OstId FileIdOf(Fid file) => OstId.FromIdAndSequence(file.ObjectId, file.Sequence);

    /// <returns>EINVAL when it is no layout of V1 or V3, or is too short or contradicts itself: it may come from a
    /// peer.</returns>
    public static Result<LovEa> Parse(ReadOnlySpan<byte> bytes) => Parse(bytes, hasObjects: true);

    /// <param name="bytes">The layout.</param>
    /// <param name="hasObjects">Else it is of a component whose objects do not exist yet: what stands in their place is
    /// left out.</param>
    internal static Result<LovEa> Parse(ReadOnlySpan<byte> bytes, bool hasObjects)
    {
        if (bytes.Length < Unsafe.SizeOf<LovMdsMdV1>())
            return Errno.EINVAL;
        var head = MemoryMarshal.Read<LovMdsMdV1>(bytes);
        if (head.Magic is not (LovMagic.V1 or LovMagic.V3))
            return Errno.EINVAL;
        int headerSize = HeaderSize(head.Magic);
        bool isReleased = (head.Pattern & LovPattern.F_RELEASED) != 0;
        bool isOnMdt = (head.Pattern & LovPattern.MDT) != 0;
        int count = isReleased || !hasObjects || isOnMdt ? 0 : head.StripeCount;
        if (bytes.Length < headerSize || count > LovConst.MAX_STRIPE_COUNT
            || bytes.Length < SizeOf(head.Magic, count) || (head.StripeSize == 0 && hasObjects)
            || head.StripeSize % LovConst.MIN_STRIPE_SIZE != 0
            || (count == 0 && hasObjects && !isReleased && !isOnMdt))
            return Errno.EINVAL;
        string pool = head.Magic == LovMagic.V3
            ? MemoryMarshal.Read<LovMdsMdV3>(bytes).PoolName.ToString()
            : "";
        return new LovEa
        {
            Magic = head.Magic,
            Pattern = head.Pattern,
            FileId = head.ObjectId,
            StripeSize = head.StripeSize,
            StripeCount = head.StripeCount,
            LayoutGeneration = head.LayoutGeneration,
            PoolName = pool,
            Objects = MemoryMarshal.Cast<byte, LovOstDataV1>(bytes[headerSize..SizeOf(head.Magic, count)]).ToArray(),
        };
    }

    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        Write(bytes);
        return bytes;
    }

    /// <summary>Writes <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> destination)
    {
        if (Magic == LovMagic.V3)
        {
            MemoryMarshal.Write(destination, new LovMdsMdV3
            {
                Magic = Magic,
                Pattern = Pattern,
                ObjectId = FileId,
                StripeSize = StripeSize,
                StripeCount = StripeCount,
                LayoutGeneration = LayoutGeneration,
                PoolName = Text16.From(PoolName),
            });
        }
        else
        {
            MemoryMarshal.Write(destination, new LovMdsMdV1
            {
                Magic = Magic,
                Pattern = Pattern,
                ObjectId = FileId,
                StripeSize = StripeSize,
                StripeCount = StripeCount,
                LayoutGeneration = LayoutGeneration,
            });
        }
        Span<LovOstDataV1> objects = MemoryMarshal.Cast<byte, LovOstDataV1>(destination[HeaderSize(Magic)..Size]);
        for (int i = 0; i < objects.Length; i++)
            objects[i] = Objects[i];
    }

    internal static int HeaderSize(LovMagic magic) =>
        magic == LovMagic.V3 ? Unsafe.SizeOf<LovMdsMdV3>() : Unsafe.SizeOf<LovMdsMdV1>();
}
