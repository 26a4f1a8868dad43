namespace Lustrous.LNet;

/// <summary>Copies between runs of memory that are cut differently.</summary>
static class FragmentCopy
{
    /// <summary>
    /// Copies <paramref name="length"/> bytes; both sides must hold as many after what is skipped of them.
    /// </summary>
    public static void Copy(
        ReadOnlySpan<IoVec> source, int sourceSkip, ReadOnlySpan<IoVec> target, int targetSkip, int length)
    {
        int from = 0, to = 0;
        while (length > 0)
        {
            ReadOnlySpan<byte> left = source[from].Span[sourceSkip..];
            Span<byte> right = target[to].Span[targetSkip..];
            int run = Math.Min(length, Math.Min(left.Length, right.Length));
            left[..run].CopyTo(right);
            length -= run;
            sourceSkip += run;
            targetSkip += run;
            if (sourceSkip == source[from].Length)
            {
                from++;
                sourceSkip = 0;
            }
            if (targetSkip == target[to].Length)
            {
                to++;
                targetSkip = 0;
            }
        }
    }
}
