using System.Numerics;
using Lustrous.Libcfs;

namespace Lustrous.Clients.Osc;

/// <summary>
/// Cached pages of one 256 KiB-aligned part of an object, in one buffer, with one bit a page for what is known of it.
/// Everything is guarded by the object's lock, but for the place in the <see cref="OscPageCache"/>.
/// </summary>
sealed class OscChunk(OscObject owner, ulong index)
{
    public const int PageShift = 12;
    public const int PageSize = 1 << PageShift;
    public const int PageCount = 64;
    public const int Shift = 18;
    public const int Size = 1 << Shift;

    /// <summary>What <see cref="Sum"/> is joined to others with.</summary>
    public static readonly uint SumPower = Crc32C.PowerOfX(8 * Size);

    public OscObject Owner { get; } = owner;

    /// <summary>Which part of the object.</summary>
    public ulong Index { get; } = index;

    /// <summary>As large as the pages in use need; null for none.</summary>
    public PooledBuffer? Buffer { get; private set; }

    /// <summary>Pages that hold the object's data.</summary>
    public ulong Valid;

    /// <summary>Pages that the OST has not been sent.</summary>
    public ulong Dirty;

    /// <summary>The dirty page, if there is one, of which only some bytes are known: those that were written. It is
    /// not <see cref="Valid"/> until the rest has been written too.</summary>
    public PagePart Part;

    /// <summary>Pages under way to the OST.</summary>
    public ulong Writing;

    /// <summary>Pages under way from the OST.</summary>
    public ulong Reading;

    /// <summary>Of these, pages that changed on the OST meanwhile: what comes is not kept.</summary>
    public ulong Stale;

    /// <summary>The CRC-32C of the whole chunk, begun with 0, while it is known: what was written whole need not be
    /// read once more to be sent.</summary>
    public uint? Sum { get; private set; }

    /// <summary>Grant put aside for the dirty pages, bytes.</summary>
    public long Grant;

    /// <summary>Places in the cache's list; guarded by its lock.</summary>
    internal OscChunk? Newer, Older;

    internal bool IsListed;

    internal int ChargedBytes;

    public ulong Start => Index << Shift;

    /// <summary>Nothing is under way and nothing would be lost.</summary>
    public bool IsIdle => (Dirty | Writing | Reading) == 0;

    public bool IsBusy => (Writing | Reading) != 0;

    /// <summary>Pages that must not be read into the buffer: they are there, on their way, or newer here.</summary>
    public ulong HeldPages => Valid | Reading | Writing | Part.Mask;

    /// <summary>Pages <paramref name="first"/> to <paramref name="last"/>.</summary>
    public static ulong Mask(int first, int last) => (ulong.MaxValue << first) & (ulong.MaxValue >> (63 - last));

    /// <summary>The pages that bytes from <paramref name="start"/> up to before <paramref name="end"/> touch.</summary>
    public static ulong MaskOfBytes(int start, int end) => Mask(start >> PageShift, (end - 1) >> PageShift);

    /// <summary>The pages of this chunk that lie in a range of the object, both ends included.</summary>
    public ulong MaskOfRange(ulong start, ulong end)
    {
        ulong chunkEnd = Start + (Size - 1);
        if (end < Start || start > chunkEnd)
            return 0;
        int from = start <= Start ? 0 : (int)(start - Start);
        int to = end >= chunkEnd ? Size - 1 : (int)(end - Start);
        return Mask(from >> PageShift, to >> PageShift);
    }

    /// <summary>The first run of pages in a mask; takes it out.</summary>
    public static (int First, int Count) TakeRun(ref ulong mask)
    {
        int first = BitOperations.TrailingZeroCount(mask);
        int count = BitOperations.TrailingZeroCount(~(mask >> first));
        count = Math.Min(count, PageCount - first);
        mask &= ~Mask(first, first + count - 1);
        return (first, count);
    }

    /// <summary>Whether the buffer reaches to <paramref name="end"/>; if not, it must grow, which needs the chunk not
    /// busy.</summary>
    public bool Reaches(int end) => Buffer is { } buffer && buffer.Capacity >= end;

    /// <summary>Makes the buffer reach to <paramref name="end"/>, keeping what it holds.</summary>
    public void Grow(BufferPool pool, int end, bool whole)
    {
        Lassert.That(!IsBusy && end <= Size);
        int size = whole || end > 64 << 10 ? Size : Math.Max(PageSize, (int)BitOperations.RoundUpToPowerOf2((uint)end));
        PooledBuffer larger = pool.Take(size);
        if (Buffer is { } old)
        {
            old.Span.CopyTo(larger.Span);
            old.Dispose();
        }
        Buffer = larger;
    }

    /// <summary>Takes written bytes; their pages are in the buffer.</summary>
    /// <param name="at">Where they go in the chunk.</param>
    /// <param name="sums">Whether the sum of a whole chunk will be asked for.</param>
    public void Write(int at, ReadOnlySpan<byte> source, bool sums)
    {
        Span<byte> destination = Buffer!.Span[at..];
        Sum = sums && source.Length == Size ? Crc32C.Copy(0, source, destination) : null;
        if (Sum is null)
            source.CopyTo(destination);
    }

    /// <summary>Gives up what it has of grant beyond what its dirty pages need.</summary>
    /// <returns>How much that is.</returns>
    public long GiveGrant(long needed)
    {
        long given = Grant - Math.Min(Grant, needed);
        Grant -= given;
        return given;
    }

    /// <summary>Gives the memory back; the chunk is idle and holds nothing any more.</summary>
    public void Free()
    {
        Lassert.That(IsIdle);
        Buffer?.Dispose();
        Buffer = null;
        Valid = 0;
    }
}
