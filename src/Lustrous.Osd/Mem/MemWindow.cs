namespace Lustrous.Osd.Mem;

/// <summary>The pages of one MiB of a body; the table grows with what is in it, so that a small file has a small
/// one.</summary>
sealed class MemWindow(long index)
{
    public const int PageCount = 256;

    public long Index { get; } = index;

    public MemPage[] Pages { get; private set; } = new MemPage[1];

    /// <summary>Pages that are no holes.</summary>
    public int Used { get; set; }

    public ref MemPage At(int page)
    {
        if (page >= Pages.Length)
        {
            var larger = new MemPage[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)page + 1)];
            Pages.CopyTo(larger, 0);
            Pages = larger;
        }
        return ref Pages[page];
    }

    public MemPage Get(int page) => page < Pages.Length ? Pages[page] : default;
}
