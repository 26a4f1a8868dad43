namespace Lustrous.Osd.Mem;

/// <summary>One page of a body: where in which run. Without a run it is a hole; with the device's zeros it is reserved
/// but not written. What lies beyond a short piece is zero.</summary>
struct MemPage
{
    public MemRun? Run;
    public int Offset;

    public readonly bool IsHole => Run is null;

    public readonly bool IsData => Run is { IsZero: false };

    /// <summary>Bytes of it that are kept; the rest of the page is zero.</summary>
    public readonly int Length => Run is { IsZero: false } run ? Math.Min(MemPages.PageSize, run.Length - Offset) : 0;

    public readonly unsafe ReadOnlySpan<byte> Data => Run is { IsZero: false } run
        ? new(run.Start + Offset, Length)
        : default;
}
