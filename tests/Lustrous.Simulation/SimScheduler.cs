using Lustrous.Libcfs;

namespace Lustrous.Simulation;

/// <summary>
/// Runs the events of all hosts on the calling thread, in an order that only the seed decides, in virtual time:
/// whatever is due
/// now is drawn at random; when nothing is due, time jumps to the next timer. Nothing here waits.
/// </summary>
public sealed class SimScheduler
{
    readonly SimOptions _options;
    readonly int _thread = Environment.CurrentManagedThreadId;
    readonly List<SimEvent> _ready = [];
    readonly PriorityQueue<SimEvent, (long Ticks, long Number)> _later = new();
    readonly List<TaskCompletionSource> _settled = [];
    long _now;
    long _number;
    int _traffic;
    volatile Exception? _failure;

    internal SimScheduler(ulong seed, SimOptions options)
    {
        _options = options;
        Random = new SeededRandom(seed);
        Trace = new SimTrace(options);
    }

    /// <summary>Virtual time since the start of the run.</summary>
    public TimeSpan Now => new(_now);

    /// <summary>The chance behind the scheduler's own choices; hosts and links get forks.</summary>
    public SeededRandom Random { get; }

    public SimTrace Trace { get; }

    /// <summary>Events run so far.</summary>
    public long EventCount { get; private set; }

    internal SimOptions Options => _options;

    /// <summary>Sees what any host logs (its name, the entry).</summary>
    public Action<string, LogEvent>? Logged { get; set; }

    /// <summary>
    /// Runs <paramref name="work"/> soon, for <paramref name="owner"/>; not at all when that has crashed by then.
    /// </summary>
    internal void Post(SimHost owner, Action<object?> work, object? state, string kind = "post")
    {
        if (!OnOwnThread(kind))
            return;
        var e = new SimEvent(_number++, owner, kind, work, state);
        if (Random.NextDouble() < _options.PostDelayProbability)
        {
            long delay = 1 + Random.Next((int)_options.MaxPostDelay.Ticks);
            _later.Enqueue(e with { IsTraffic = true }, (_now + delay, e.Number));
            _traffic++;
        }
        else
        {
            _ready.Add(e);
        }
    }

    /// <summary>
    /// Runs <paramref name="work"/> once, after <paramref name="delay"/>. Counts as traffic (see <see
    /// cref="SettledAsync"/>).
    /// </summary>
    internal void After(TimeSpan delay, SimHost owner, Action<object?> work, object? state, string kind)
    {
        if (!OnOwnThread(kind))
            return;
        _traffic++;
        long number = _number++;
        var e = new SimEvent(number, owner, kind, work, state) { IsTraffic = true };
        _later.Enqueue(e, (_now + Math.Max(0, delay.Ticks), number));
    }

    internal void AddTimer(TimeSpan delay, SimTimer timer, long generation)
    {
        if (!OnOwnThread("timer"))
            return;
        long number = _number++;
        _later.Enqueue(
            new SimEvent(number, timer.Owner, "timer", null, timer) { TimerGeneration = generation },
            (_now + Math.Max(0, delay.Ticks), number));
    }

    /// <summary>Nobody runs for a while, as when a machine is suspended: all that comes due meanwhile is due at once,
    /// in any order.</summary>
    public void StandStill(TimeSpan time) => _now += time.Ticks;

    /// <summary>Ends when nothing is due and nothing travels: only timers are left.</summary>
    public Task SettledAsync()
    {
        var source = new TaskCompletionSource();
        _settled.Add(source);
        return source.Task;
    }

    /// <summary>Runs until <paramref name="task"/> has ended.</summary>
    /// <exception cref="SimHangException">It cannot end: nothing is left to run; or it did not end within the
    /// limits.</exception>
    internal void RunUntil(Task task)
    {
        while (!task.IsCompleted)
        {
            if (!Step(long.MaxValue))
                throw Deadlock();
        }
    }

    /// <summary>Runs until nothing is left at all, or until <paramref name="limit"/> is reached.</summary>
    internal void RunUntilIdle(TimeSpan limit)
    {
        while (Step(limit.Ticks))
        {
        }
    }

    /// <summary>Something outside an event went wrong that must end the run.</summary>
    internal void Fail(Exception failure) => _failure ??= failure;

    /// <summary>
    /// Nothing is left to run. Should the rest have gone to the thread pool (Task.WhenAll, WhenAny and WaitAsync do
    /// that to a task
    /// that runs its continuations asynchronously), its post comes in a moment and is the better explanation.
    /// </summary>
    SimHangException Deadlock()
    {
        SpinWait.SpinUntil(() => _failure is not null, TimeSpan.FromMilliseconds(50));
        return _failure is { } failure
            ? new SimHangException(failure.Message, failure)
            : new SimHangException("deadlock: the run waits for something and nothing is left to happen");
    }

    bool OnOwnThread(string kind)
    {
        if (Environment.CurrentManagedThreadId == _thread)
            return true;
        // Chance no longer decides alone; the run's own thread reports it at its next step.
        Fail(new InvalidOperationException(
            $"'{kind}' came from another thread: something left the simulation\n{Environment.StackTrace}"));
        return false;
    }

    bool Step(long limitTicks)
    {
        if (_failure is { } failure)
            throw new SimHangException(failure.Message, failure);
        if (!Advance(limitTicks))
            return false;
        int index = Random.Next(_ready.Count);
        SimEvent e = _ready[index];
        _ready[index] = _ready[^1];
        _ready.RemoveAt(_ready.Count - 1);
        if (e.IsTraffic)
            _traffic--;
        if (!e.Owner.IsAlive || e.IsStaleTimer)
            return true;
        if (++EventCount > _options.MaxEvents)
            throw new SimHangException($"runaway: more than {_options.MaxEvents} events");
        Trace.Add(Now, e.Owner.Name, e.Kind, (ulong)e.Number);
        SynchronizationContext.SetSynchronizationContext(e.Owner.Context);
        if (e.Work is not null)
            e.Work(e.State);
        else
            ((SimTimer)e.State!).Fire();
        return true;
    }

    /// <summary>
    /// Makes at least one event due, moving time on where needed; false when there is none up to the limit.
    /// </summary>
    bool Advance(long limitTicks)
    {
        DropStale();
        if (_ready.Count == 0 && _traffic == 0 && _settled.Count > 0)
        {
            TaskCompletionSource[] settled = [.. _settled];
            _settled.Clear();
            // On no host, so that whoever waited is posted to its own.
            SynchronizationContext.SetSynchronizationContext(null);
            foreach (TaskCompletionSource source in settled)
                source.SetResult();
            DropStale();
        }
        if (_ready.Count == 0)
        {
            if (!_later.TryPeek(out _, out (long Ticks, long) due) || due.Ticks > limitTicks)
                return false;
            _now = Math.Max(_now, due.Ticks);
            if (_now > _options.MaxVirtualTime.Ticks)
                throw new SimHangException($"hang: still running after {_options.MaxVirtualTime} of virtual time");
        }
        while (_later.TryPeek(out _, out (long Ticks, long) due) && due.Ticks <= _now)
            _ready.Add(_later.Dequeue());
        return _ready.Count > 0;
    }

    /// <summary>Stopped timers and the work of crashed hosts do not move time on.</summary>
    void DropStale()
    {
        while (_later.TryPeek(out SimEvent e, out _) && (e.IsStaleTimer || !e.Owner.IsAlive))
        {
            if (_later.Dequeue().IsTraffic)
                _traffic--;
        }
    }

    readonly record struct SimEvent(long Number, SimHost Owner, string Kind, Action<object?>? Work, object? State)
    {
        public bool IsTraffic { get; init; }

        public long TimerGeneration { get; init; }

        public bool IsStaleTimer => State is SimTimer timer && Work is null && timer.Generation != TimerGeneration;
    }
}

/// <summary>
/// The run cannot or does not end: deadlock, hang, runaway, or something left the simulation's thread.
/// </summary>
public sealed class SimHangException(string message, Exception? inner = null) : Exception(message, inner);
