namespace Lustrous.Libcfs;

/// <summary>
/// What one node takes from the world around it: time, chance, a place to run, memory and a log (design rule 4). In
/// production these are the machine's; in a simulation they are a seeded scheduler's, and the same seed gives the
/// same run.
/// </summary>
/// <param name="Clock">Wall clock, monotonic time stamps and timers.</param>
/// <param name="Random">Source of cookies, identifiers and jitter.</param>
/// <param name="Work">Runs work that must not run on the caller's stack.</param>
/// <param name="Buffers">Network and page buffers.</param>
/// <param name="Log">Where events go.</param>
public sealed record NodeContext(
    TimeProvider Clock, SeededRandom Random, IWorkQueue Work, BufferPool Buffers, ILogSink Log)
{
    /// <summary>This node's failures on purpose.</summary>
    public FailPoints FailPoints { get; init; } = new(Random);

    /// <summary>Monotonic time since an arbitrary start.</summary>
    public TimeSpan Uptime => TimeSpan.FromTicks(
        (long)(Clock.GetTimestamp() * ((double)TimeSpan.TicksPerSecond / Clock.TimestampFrequency)));

    /// <summary>Wall-clock seconds since 1970, as Lustre's time fields hold them.</summary>
    public long UnixSeconds => Clock.GetUtcNow().ToUnixTimeSeconds();
}

/// <summary>Runs posted work soon, in no promised order, never on the poster's stack.</summary>
public interface IWorkQueue
{
    void Post(Action<object?> work, object? state);
}
