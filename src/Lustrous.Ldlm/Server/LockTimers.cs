namespace Lustrous.Ldlm.Server;

/// <summary>
/// Locks that clients have been told to give back, by the time until which they have to (<c>waiting_locks_list</c>):
/// one timer a namespace.
/// </summary>
sealed class LockTimers : IAsyncDisposable
{
    /// <summary>A timer that fires later than this has stood still, as its whole machine may have: the cancels that
    /// came meanwhile have yet to be read.</summary>
    static readonly TimeSpan s_standstill = TimeSpan.FromSeconds(5);

    /// <summary>What clients then have at least: long enough to find that a connection is old, and to send
    /// again.</summary>
    static readonly TimeSpan s_afterStandstill = TimeSpan.FromSeconds(30);

    readonly NodeContext _context;
    readonly Action<ServerLock> _expired;
    readonly RankedLock _lock = new(15, "ldlm_timers");
    readonly LinkedList<ServerLock> _waiting = [];      // guarded by _lock, by rising deadline
    readonly ITimer _timer;
    TimeSpan _armedFor = TimeSpan.MaxValue;             // guarded by _lock
    bool _stopped;                                      // guarded by _lock

    /// <param name="context">The node.</param>
    /// <param name="expired">Called without any lock held.</param>
    public LockTimers(NodeContext context, Action<ServerLock> expired)
    {
        _context = context;
        _expired = expired;
        _timer = context.Clock.CreateTimer(
            static state => ((LockTimers)state!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public int Count
    {
        get
        {
            using (_lock.Enter())
                return _waiting.Count;
        }
    }

    /// <summary>Gives a lock until <paramref name="timeout"/> from now.</summary>
    /// <param name="item">Which.</param>
    /// <param name="timeout">From now.</param>
    /// <param name="onlyIfWaiting">Only if it has a deadline already, which this never makes earlier.</param>
    public bool Set(ServerLock item, TimeSpan timeout, bool onlyIfWaiting = false)
    {
        TimeSpan deadline = _context.Uptime + timeout;
        using (_lock.Enter())
        {
            if (_stopped || (onlyIfWaiting && item.TimerNode is null))
                return false;
            if (item.TimerNode is { } node)
            {
                if (item.Deadline >= deadline)
                    return true;
                _waiting.Remove(node);
            }
            else
            {
                item.TimerNode = node = new LinkedListNode<ServerLock>(item);
            }
            item.Deadline = deadline;
            LinkedListNode<ServerLock>? before = _waiting.Last;
            while (before is not null && before.Value.Deadline > deadline)
                before = before.Previous;
            if (before is null)
                _waiting.AddFirst(node);
            else
                _waiting.AddAfter(before, node);
            Arm();
            return true;
        }
    }

    public void Remove(ServerLock item)
    {
        using (_lock.Enter())
        {
            if (item.TimerNode is not { } node)
                return;
            _waiting.Remove(node);
            item.TimerNode = null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        using (_lock.Enter())
            _stopped = true;
        await _timer.DisposeAsync();
    }

    /// <summary>The timer may fire too early, after a removal; then it is set again.</summary>
    void Arm()
    {
        if (_waiting.First is not { } first || first.Value.Deadline >= _armedFor)
            return;
        _armedFor = first.Value.Deadline;
        TimeSpan delay = _armedFor - _context.Uptime;
        // Timers count whole milliseconds; one that fires just before the deadline would fire again and again.
        _timer.Change(
            delay > TimeSpan.Zero ? delay + TimeSpan.FromMilliseconds(1) : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    void Postpone(TimeSpan time)
    {
        foreach (ServerLock item in _waiting)
            item.Deadline += time;
    }

    void Fire()
    {
        TimeSpan now = _context.Uptime;
        List<ServerLock>? expired = null;
        using (_lock.Enter())
        {
            TimeSpan late = now - _armedFor;
            _armedFor = TimeSpan.MaxValue;
            if (_stopped)
                return;
            if (late > s_standstill)
                Postpone(late + s_afterStandstill);
            while (_waiting.First is { } first && first.Value.Deadline <= now)
            {
                _waiting.RemoveFirst();
                first.Value.TimerNode = null;
                (expired ??= []).Add(first.Value);
            }
            Arm();
        }
        foreach (ServerLock item in expired ?? [])
            _expired(item);
    }
}
