namespace Lustrous.Ptlrpc.Client;

/// <summary>Something that has a deadline.</summary>
public interface IDeadlineOwner
{
    /// <summary>The deadline has passed. Holds no lock; must not block.</summary>
    void OnDeadline();
}

/// <summary>One deadline of one owner, in the queue or out of it.</summary>
public sealed class Deadline(IDeadlineOwner owner)
{
    internal int Index = -1;        // in the heap, guarded by the queue's lock
    internal long Ticks;

    public IDeadlineOwner Owner { get; } = owner;
}

/// <summary>
/// All deadlines of a node behind one timer, the earliest first: a request costs a place in a heap, not a timer of its
/// own.
/// </summary>
public sealed class DeadlineQueue : IDisposable
{
    readonly RankedLock _lock = new(66, "ptlrpc_deadlines");
    readonly NodeContext _context;
    readonly ITimer _timer;
    Deadline[] _heap = new Deadline[64];    // guarded by _lock
    int _count;                             // guarded by _lock
    long _wakeTicks = long.MaxValue;        // when the timer fires; guarded by _lock
    bool _disposed;                         // guarded by _lock

    public DeadlineQueue(NodeContext context)
    {
        _context = context;
        _timer = context.Clock.CreateTimer(
            static state => ((DeadlineQueue)state!).OnTimer(), this, Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>Deadlines waiting.</summary>
    public int Count
    {
        get
        {
            using (_lock.Enter())
                return _count;
        }
    }

    /// <summary>Sets a deadline, or moves it. Says whether it was out of the queue before.</summary>
    /// <param name="deadline">The owner's.</param>
    /// <param name="due">On <see cref="NodeContext.Uptime"/>.</param>
    public bool Set(Deadline deadline, TimeSpan due)
    {
        bool added;
        using (_lock.Enter())
        {
            if (_disposed)
                return false;
            added = deadline.Index < 0;
            if (added)
            {
                if (_count == _heap.Length)
                    Array.Resize(ref _heap, _count * 2);
                deadline.Ticks = due.Ticks;
                Place(_count++, deadline);
                Up(deadline.Index);
            }
            else
            {
                deadline.Ticks = due.Ticks;
                Up(deadline.Index);
                Down(deadline.Index);
            }
            // A wake-up that has become too early finds nothing due and sleeps again: cheaper than setting the timer
            // each time.
            if (_heap[0].Ticks < _wakeTicks)
                Wake(_heap[0].Ticks);
        }
        return added;
    }

    /// <summary>Takes a deadline out; false when it is not in, or its owner is just being told.</summary>
    public bool Remove(Deadline deadline)
    {
        using (_lock.Enter())
        {
            if (deadline.Index < 0)
                return false;
            RemoveAt(deadline.Index);
            return true;
        }
    }

    public void Dispose()
    {
        using (_lock.Enter())
            _disposed = true;
        _timer.Dispose();
    }

    void OnTimer()
    {
        using (_lock.Enter())
            _wakeTicks = long.MaxValue;
        while (TakeDue() is { } due)
            due.Owner.OnDeadline();
    }

    Deadline? TakeDue()
    {
        using (_lock.Enter())
        {
            if (_count == 0 || _disposed)
                return null;
            Deadline first = _heap[0];
            if (first.Ticks > _context.Uptime.Ticks)
            {
                if (first.Ticks < _wakeTicks)
                    Wake(first.Ticks);
                return null;
            }
            RemoveAt(0);
            return first;
        }
    }

    void Wake(long ticks)
    {
        _wakeTicks = ticks;
        // Timers count in milliseconds: round up, or it fires early and spins.
        double milliseconds = Math.Ceiling(TimeSpan.FromTicks(ticks - _context.Uptime.Ticks).TotalMilliseconds);
        _timer.Change(
            TimeSpan.FromMilliseconds(Math.Clamp(milliseconds, 0, int.MaxValue)), Timeout.InfiniteTimeSpan);
    }

    void RemoveAt(int index)
    {
        _heap[index].Index = -1;
        Deadline last = _heap[--_count];
        _heap[_count] = null!;
        if (index == _count)
            return;
        Place(index, last);
        Up(index);
        Down(last.Index);
    }

    void Up(int index)
    {
        Deadline moving = _heap[index];
        while (index > 0 && _heap[(index - 1) / 2].Ticks > moving.Ticks)
        {
            Place(index, _heap[(index - 1) / 2]);
            index = (index - 1) / 2;
        }
        Place(index, moving);
    }

    void Down(int index)
    {
        Deadline moving = _heap[index];
        while (2 * index + 1 < _count)
        {
            int child = 2 * index + 1;
            if (child + 1 < _count && _heap[child + 1].Ticks < _heap[child].Ticks)
                child++;
            if (_heap[child].Ticks >= moving.Ticks)
                break;
            Place(index, _heap[child]);
            index = child;
        }
        Place(index, moving);
    }

    void Place(int index, Deadline deadline)
    {
        _heap[index] = deadline;
        deadline.Index = index;
    }
}
