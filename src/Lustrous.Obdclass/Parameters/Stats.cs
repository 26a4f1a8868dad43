using System.Text;

namespace Lustrous.Obdclass.Parameters;

/// <summary>The counters of one device or service, in the text form that Lustre's tools parse.</summary>
/// <remarks>Source: lprocfs_stats_header and lprocfs_stats_seq_show, lustre/obdclass/lprocfs_status.c.</remarks>
public sealed class Stats
{
    const int NameColumns = 25;
    const int CounterColumns = 35;

    readonly TimeProvider _clock;
    readonly StatsCounter[] _counters;
    DateTimeOffset _since;

    public Stats(TimeProvider clock, params StatsCounter[] counters)
    {
        _clock = clock;
        _counters = counters;
        _since = clock.GetUtcNow();
    }

    public IReadOnlyList<StatsCounter> Counters => _counters;

    /// <summary>As a parameter: reading shows the counters that were hit, writing anything clears them.</summary>
    public Parameter AsParameter() => new(ToString, _ =>
    {
        Clear();
        return Errno.OK;
    });

    public void Clear()
    {
        foreach (StatsCounter counter in _counters)
            counter.Clear();
        _since = _clock.GetUtcNow();
    }

    public override string ToString()
    {
        DateTimeOffset now = _clock.GetUtcNow();
        var text = new StringBuilder();
        AppendTime(text, "snapshot_time", now - DateTimeOffset.UnixEpoch);
        AppendTime(text, "start_time", _since - DateTimeOffset.UnixEpoch);
        AppendTime(text, "elapsed_time", now - _since);
        foreach (StatsCounter counter in _counters)
            Append(text, counter);
        return text.ToString();
    }

    static void AppendTime(StringBuilder text, string name, TimeSpan time)
    {
        long nanoseconds = time.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick;
        text.Append(name.PadRight(NameColumns)).Append(' ')
            .Append($"{time.Ticks / TimeSpan.TicksPerSecond}.{nanoseconds:D9} secs.nsecs\n");
    }

    static void Append(StringBuilder text, StatsCounter counter)
    {
        long count = counter.Count;
        if (count == 0)
            return;
        text.Append(counter.Name.PadRight(CounterColumns)).Append($" {count} samples [{counter.Unit}]");
        if (counter.Kind != CounterKind.Count)
            text.Append($" {counter.Smallest} {counter.Largest} {counter.Sum}");
        if (counter.Kind == CounterKind.StandardDeviation)
            text.Append($" {(ulong)counter.SumOfSquares}");
        text.Append('\n');
    }
}
