namespace Lustrous.Osd.Tests.Support;

/// <summary>Time that stands still until a test moves it; timers fire as it is moved.</summary>
sealed class ManualClock : TimeProvider
{
    readonly List<Timer> _timers = [];
    TimeSpan _now = TimeSpan.FromDays(1);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddYears(56) + _now;

    public override long GetTimestamp() => _now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        _timers.Add(timer);
        timer.Change(dueTime, period);
        return timer;
    }

    public void Advance(TimeSpan by)
    {
        _now += by;
        foreach (Timer timer in _timers.ToArray())
            timer.FireIfDue();
    }

    sealed class Timer(ManualClock clock, TimerCallback callback, object? state) : ITimer
    {
        TimeSpan? _due;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _due = dueTime == Timeout.InfiniteTimeSpan ? null : clock._now + dueTime;
            return true;
        }

        public void FireIfDue()
        {
            if (_due is not { } due || due > clock._now)
                return;
            _due = null;
            callback(state);
        }

        public void Dispose() => clock._timers.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
