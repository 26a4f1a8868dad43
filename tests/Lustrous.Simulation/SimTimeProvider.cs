namespace Lustrous.Simulation;

/// <summary>
/// A host's clocks: virtual time, beginning at a fixed date so that time stamps on the wire repeat too.
/// </summary>
public sealed class SimTimeProvider : TimeProvider
{
    readonly SimHost _host;

    internal SimTimeProvider(SimHost host) => _host = host;

    /// <summary>Wall clock when a run starts, unless its options say otherwise.</summary>
    public static DateTimeOffset Epoch { get; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => _host.Scheduler.Options.Epoch + _host.Scheduler.Now;

    // Not from zero: code that takes a zero time stamp for "never" would be right by accident.
    public override long GetTimestamp() => TimeSpan.TicksPerDay + _host.Scheduler.Now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new SimTimer(_host, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }
}

/// <summary>A timer in virtual time; dies with its host.</summary>
sealed class SimTimer(SimHost owner, TimerCallback callback, object? state) : ITimer
{
    TimeSpan _period;
    bool _disposed;

    public SimHost Owner => owner;

    /// <summary>Counts the settings; an expiry of an older one is void.</summary>
    public long Generation { get; private set; }

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        if (_disposed)
            return false;
        Generation++;
        _period = period;
        if (dueTime != Timeout.InfiniteTimeSpan)
            owner.Scheduler.AddTimer(dueTime, this, Generation);
        return true;
    }

    public void Fire()
    {
        Generation++;
        if (_period != Timeout.InfiniteTimeSpan && _period > TimeSpan.Zero)
            owner.Scheduler.AddTimer(_period, this, Generation);
        callback(state);
    }

    public void Dispose()
    {
        _disposed = true;
        Generation++;
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
