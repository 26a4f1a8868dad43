namespace Lustrous.LNet.Tests.Support;

/// <summary>Time that moves only when the test says so.</summary>
sealed class ManualClock : TimeProvider
{
    readonly List<ManualTimer> _timers = [];
    long _now = TimeSpan.TicksPerDay;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(_now);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        _timers.Add(timer);
        return timer;
    }

    /// <summary>Lets the time pass, second by second, with <paramref name="eachSecond"/> after each.</summary>
    public void Advance(int seconds, Action? eachSecond = null)
    {
        for (int i = 0; i < seconds; i++)
        {
            _now += TimeSpan.TicksPerSecond;
            foreach (ManualTimer timer in _timers.ToArray())
                timer.FireIfDue(_now);
            eachSecond?.Invoke();
        }
    }

    sealed class ManualTimer(ManualClock clock, TimerCallback callback, object? state) : ITimer
    {
        long _due = long.MaxValue;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _due = dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : clock._now + dueTime.Ticks;
            return true;
        }

        public void FireIfDue(long now)
        {
            if (now < _due)
                return;
            _due = long.MaxValue;
            callback(state);
        }

        public void Dispose() => clock._timers.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
