namespace Lustrous.Osd.Mem;

// Commits: transactions that have stopped wait in line, and become durable together some time later. One commit runs at
// a
// time, so that callbacks come in order.
public sealed partial class MemDevice
{
    readonly RankedLock _commitLock = new(75, "osd_mem_commit");
    readonly ITimer _commitTimer;
    readonly List<(ulong Sequence, TaskCompletionSource<Errno> Done)> _waiters = [];     // guarded by _commitLock
    MemTransaction? _firstWaiting;      // guarded by _commitLock
    MemTransaction? _lastWaiting;       // guarded by _commitLock
    ulong _stopped;                     // guarded by _commitLock: sequence of the last that stopped
    ulong _wanted;                      // guarded by _commitLock: up to where to commit
    ulong _committed;                   // written under _commitLock
    bool _committing;                   // guarded by _commitLock
    bool _timerArmed;                   // guarded by _commitLock
    volatile bool _failed;

    public ulong CommittedSequence => Volatile.Read(ref _committed);

    /// <summary>Ends all commits, as a broken disk does: transactions that wait are lost, and no more start. For
    /// tests.</summary>
    public void Fail()
    {
        _failed = true;
        CommitSoon();
    }

    public void CommitSoon()
    {
        using (_commitLock.Enter())
        {
            _timerArmed = false;
            _wanted = _stopped;
        }
        Commit();
    }

    public ValueTask<Errno> SyncAsync(CancellationToken cancel = default)
    {
        CommitSoon();
        if (_failed)
            return new(Errno.EIO);
        using (_commitLock.Enter())
        {
            if (_committed >= _wanted)
                return new(Errno.OK);
            // Somebody else is at it; or we are called back from a commit, which goes on when the caller returns.
            var done = new TaskCompletionSource<Errno>();
            _waiters.Add((_wanted, done));
            return new(done.Task);
        }
    }

    internal bool IsFailed => _failed;

    /// <summary>Puts a transaction at the end of the line.</summary>
    internal void Enqueue(MemTransaction transaction)
    {
        using (_commitLock.Enter())
        {
            transaction.Number(++_stopped);
            if (_lastWaiting is { } last)
                last.NextWaiting = transaction;
            else
                _firstWaiting = transaction;
            _lastWaiting = transaction;
        }
    }

    /// <summary>A transaction has stopped, and its hooks hold no lock any more.</summary>
    internal void OnStopped(bool isSync)
    {
        if (isSync || _options.CommitDelay <= TimeSpan.Zero)
        {
            CommitSoon();
            return;
        }
        using (_commitLock.Enter())
        {
            if (_timerArmed || _firstWaiting is null)
                return;
            _timerArmed = true;
            _commitTimer.Change(_options.CommitDelay, Timeout.InfiniteTimeSpan);
        }
    }

    void Commit()
    {
        using (_commitLock.Enter())
        {
            if (_committing)
                return;
            _committing = true;
        }
        while (TakeNext(out ulong sequence) is { } transaction)
        {
            transaction.Committed(sequence, _failed ? Errno.EIO : Errno.OK);
            OnCommitted(sequence);
        }
    }

    MemTransaction? TakeNext(out ulong sequence)
    {
        using (_commitLock.Enter())
        {
            sequence = _committed + 1;
            if (_firstWaiting is not { } next || sequence > _wanted)
            {
                _committing = false;
                return null;
            }
            _firstWaiting = next.NextWaiting;
            next.NextWaiting = null;
            if (_firstWaiting is null)
                _lastWaiting = null;
            return next;
        }
    }

    void OnCommitted(ulong sequence)
    {
        while (true)
        {
            TaskCompletionSource<Errno>? done = null;
            using (_commitLock.Enter())
            {
                _committed = sequence;
                if (_waiters.Count > 0 && _waiters[0].Sequence <= sequence)
                {
                    done = _waiters[0].Done;
                    _waiters.RemoveAt(0);
                }
            }
            if (done is null)
                return;
            done.SetResult(_failed ? Errno.EIO : Errno.OK);
        }
    }
}
