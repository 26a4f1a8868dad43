namespace Lustrous.Obdclass.Parameters;

/// <summary>What a counter keeps of its samples (<c>LPROCFS_CNTR_*</c>).</summary>
public enum CounterKind
{
    /// <summary>How many.</summary>
    Count,
    /// <summary>How many, smallest, largest and sum.</summary>
    MinMaxSum,
    /// <summary>The same and the sum of squares, for a standard deviation.</summary>
    StandardDeviation,
}

/// <summary>One line of a <c>stats</c> parameter; adding to it takes no lock.</summary>
/// <param name="name">For example <c>read_bytes</c>.</param>
/// <param name="unit">For example <c>bytes</c>, <c>usecs</c>, <c>reqs</c>.</param>
public sealed class StatsCounter(string name, string unit, CounterKind kind)
{
    long _count, _sum, _sumOfSquares;
    long _smallest = long.MaxValue, _largest = long.MinValue;

    public string Name { get; } = name;

    public string Unit { get; } = unit;

    public CounterKind Kind { get; } = kind;

    public long Count => Interlocked.Read(ref _count);

    public long Sum => Interlocked.Read(ref _sum);

    public long SumOfSquares => Interlocked.Read(ref _sumOfSquares);

    public long Smallest => Interlocked.Read(ref _smallest);

    public long Largest => Interlocked.Read(ref _largest);

    public void Add(long sample)
    {
        Interlocked.Increment(ref _count);
        if (Kind == CounterKind.Count)
            return;
        Interlocked.Add(ref _sum, sample);
        if (Kind == CounterKind.StandardDeviation)
            Interlocked.Add(ref _sumOfSquares, unchecked(sample * sample));

        for (long seen = Smallest; sample < seen;)
            seen = Interlocked.CompareExchange(ref _smallest, sample, seen);
        for (long seen = Largest; sample > seen;)
            seen = Interlocked.CompareExchange(ref _largest, sample, seen);
    }

    public void Clear()
    {
        Interlocked.Exchange(ref _count, 0);
        Interlocked.Exchange(ref _sum, 0);
        Interlocked.Exchange(ref _sumOfSquares, 0);
        Interlocked.Exchange(ref _smallest, long.MaxValue);
        Interlocked.Exchange(ref _largest, long.MinValue);
    }
}
