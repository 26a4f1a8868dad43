using Lustrous.Libcfs;

namespace Lustrous.Simulation;

/// <summary>
/// Limits and habits of one run. Part of what a seed means: the same seed repeats a run only with the same options.
/// </summary>
public sealed record SimOptions
{
    public static SimOptions Default { get; } = new();

    /// <summary>Events after which a run counts as running away.</summary>
    public long MaxEvents { get; init; } = 5_000_000;

    /// <summary>
    /// Virtual time after which a run that has not ended counts as hanging (periodic timers never run dry).
    /// </summary>
    public TimeSpan MaxVirtualTime { get; init; } = TimeSpan.FromHours(4);

    /// <summary>Wall clock when the run starts.</summary>
    public DateTimeOffset Epoch { get; init; } = SimTimeProvider.Epoch;

    /// <summary>How often posted work is put off a little, so that a message or a timer may overtake it.</summary>
    public double PostDelayProbability { get; init; } = 0.1;

    /// <summary>The longest such delay.</summary>
    public TimeSpan MaxPostDelay { get; init; } = TimeSpan.FromMicroseconds(200);

    /// <summary>Log events from this level on stand in the trace.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Warning;

    /// <summary>Trace lines that a failure shows.</summary>
    public int TailLines { get; init; } = 60;

    /// <summary>Gets every trace line as it comes; null keeps only the tail.</summary>
    public TextWriter? TraceText { get; init; }
}
