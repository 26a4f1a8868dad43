namespace Lustrous.Mgs;

/// <summary>How long it took to tell clients of targets that have restarted. Used under the MGS's lock.</summary>
sealed class NotifyTimes
{
    public TimeSpan Total { get; private set; }

    public TimeSpan Longest { get; private set; }

    public int Count { get; private set; }

    public void Add(TimeSpan taken)
    {
        Total += taken;
        Longest = taken > Longest ? taken : Longest;
        Count++;
    }

    public void Clear() => (Total, Longest, Count) = (TimeSpan.Zero, TimeSpan.Zero, 0);
}
