using System.Numerics;

namespace Lustrous.Clients.Osc;

/// <summary>Bytes of one page of a chunk that were written while the rest of the page is not known; default for none.
/// </summary>
/// <param name="Mask">The page's bit; 0 for none.</param>
/// <param name="From">First byte, in the chunk.</param>
/// <param name="To">Behind the last.</param>
readonly record struct PagePart(ulong Mask, int From, int To)
{
    /// <summary>Bytes of a write that is probably followed by its continuation: from memory that begins within a page
    /// the kernel takes a long write in two pieces, and the first ends within a page too. Small writes here and there
    /// rather have their pages read, and go together.</summary>
    const int LongWrite = 64 << 10;

    /// <summary>What is left in part after a write, if nothing need be read or written for it first: one page at most,
    /// and of that bytes that follow each other.</summary>
    /// <param name="from">First byte written, in the chunk.</param>
    /// <param name="to">Behind the last.</param>
    /// <param name="partial">Pages that the write covers only in part and whose rest is not known.</param>
    /// <param name="after">Which page that is.</param>
    public bool TryAdd(int from, int to, ulong partial, out PagePart after)
    {
        after = this;
        if (Mask != 0 && (OscChunk.MaskOfBytes(from, to) & Mask) != 0)
        {
            PagePart written = Within(Mask, from, to);
            if (written.From > To || written.To < From)
                return false;
            after = new PagePart(Mask, Math.Min(From, written.From), Math.Max(To, written.To));
            if (after.IsWhole)
                after = default;
        }
        ulong others = partial & ~Mask;
        if (others == 0)
            return true;
        if (after.Mask != 0 || BitOperations.PopCount(others) > 1 || to - from < LongWrite)
            return false;
        after = Within(others, from, to);
        return true;
    }

    /// <summary>The same without what lies behind a byte of the page.</summary>
    public PagePart CutAt(int end) => this with { To = Math.Min(To, end) };

    bool IsWhole => To - From == OscChunk.PageSize;

    static PagePart Within(ulong page, int from, int to)
    {
        int start = BitOperations.TrailingZeroCount(page) << OscChunk.PageShift;
        return new PagePart(page, Math.Max(from, start), Math.Min(to, start + OscChunk.PageSize));
    }
}
