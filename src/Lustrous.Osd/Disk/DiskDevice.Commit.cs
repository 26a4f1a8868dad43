using System.Runtime.InteropServices;
using Lustrous.Osd.Disk.Files;
using Lustrous.Osd.Disk.Store;

namespace Lustrous.Osd.Disk;

// Commits. A transaction that stops goes to the line, from there to the journal before its caller goes on, and some
// time
// later becomes durable together with those around it: data, journal, and only then the callbacks. One commit runs at a
// time, so that callbacks come in order (docs/decisions/0005, 0008).
public sealed partial class DiskDevice
{
    /// <summary>Bytes of transactions after which a commit does not wait for its time.</summary>
    const long CommitBytes = 32 << 20;

    readonly RankedLock _journalLock = new(74, "osd_disk_journal");
    readonly RankedLock _lineLock = new(75, "osd_disk_line");
    readonly ITimer _commitTimer;
    readonly DiskBatch _group = new();                      // of who commits
    readonly List<DiskFile> _filledFiles = [];              // of who commits
    readonly List<(ulong Sequence, TaskCompletionSource<Errno> Done)> _waiters = [];    // guarded by _lineLock
    DiskTransaction? _firstStopped, _lastStopped;       // guarded by _lineLock: not in the journal yet
    DiskTransaction? _firstWritten, _lastWritten;       // guarded by _lineLock: in the journal
    List<DiskFreed> _freed = [];                        // of who commits: by the commit before
    ulong _inStore;                                     // of who commits: noted as durable in the store
    ulong _journalFile, _notedFile;                     // of who commits: the latest file of the journal with a name
    readonly List<ulong> _unlinked = [];                         // of who commits: files whose keys may go
    ulong _stopped;             // guarded by _lineLock: sequence of the last that stopped
    ulong _wanted;              // guarded by _lineLock: up to where to commit
    ulong _committed;           // written under _lineLock
    long _waitingBytes;         // guarded by _lineLock: of transactions that are not durable
    long _usedBytes;            // guarded by _lineLock: by all that stopped
    long _objectCount;          // guarded by _lineLock
    bool _committing;           // guarded by _lineLock
    bool _timerArmed;           // guarded by _lineLock
    bool _mayRelease;           // guarded by _lineLock: the last commit gave room back, which the next lets go
    bool _release;              // guarded by _lineLock: a commit is wanted for that alone
    TaskCompletionSource? _idle;        // guarded by _lineLock: somebody waits for the end of all commits
    volatile bool _failed;

    public ulong CommittedSequence => Volatile.Read(ref _committed);

    internal bool IsFailed => _failed;

    /// <summary>Bytes that a start would have to read.</summary>
    internal long JournalBytes => _journal.TotalBytes;

    public void CommitSoon()
    {
        using (_lineLock.Enter())
        {
            _timerArmed = false;
            _wanted = _stopped;
            if (_committing)
                return;
            _committing = true;
        }
        _context.Work.Post(static state => ((DiskDevice)state!).Commit(), this);
    }

    public ValueTask<Errno> SyncAsync(CancellationToken cancel = default)
    {
        if (_failed)
            return new(Errno.EIO);
        TaskCompletionSource<Errno> done;
        using (_lineLock.Enter())
        {
            if (_committed >= _stopped && !_release)
                return new(Errno.OK);
            done = new TaskCompletionSource<Errno>();
            _waiters.Add((_stopped, done));
        }
        CommitSoon();
        return new(done.Task);
    }

    /// <summary>Room is short: what the last commit gave back is wanted now. Whoever syncs waits for it.</summary>
    void ReleaseSoon()
    {
        using (_lineLock.Enter())
        {
            if (!_mayRelease && _firstWritten is null)
                return;
            _release = true;
        }
        CommitSoon();
    }

    void OnTimer()
    {
        using (_lineLock.Enter())
            _release = _mayRelease;
        CommitSoon();
    }

    /// <summary>Puts a transaction at the end of the line, with what it changed as it is at this moment.</summary>
    internal void Enqueue(DiskTransaction transaction)
    {
        using (_lineLock.Enter())
        {
            transaction.Number(++_stopped);
            transaction.Build();
            _usedBytes += transaction.UsedBytes;
            _objectCount += transaction.UsedObjects;
            var meta = new DiskMeta
            {
                Sequence = _stopped,
                UsedBytes = _usedBytes,
                Objects = _objectCount,
                NextNumber = Volatile.Read(ref _nextNumber),
            };
            transaction.Batch.Put(DiskKey.MetaKey, MemoryMarshal.AsBytes(new ReadOnlySpan<DiskMeta>(in meta)));
            _waitingBytes += transaction.Batch.Length;
            if (_lastStopped is { } last)
                last.NextWaiting = transaction;
            else
                _firstStopped = transaction;
            _lastStopped = transaction;
        }
    }

    /// <summary>A transaction has stopped, and its hooks hold no lock any more: it goes to the journal, where it
    /// outlives this process.</summary>
    internal void OnStopped(bool isSync)
    {
        WriteLine();
        if (isSync || _options.CommitDelay <= TimeSpan.Zero)
        {
            CommitSoon();
            return;
        }
        using (_lineLock.Enter())
        {
            if (_waitingBytes < CommitBytes)
            {
                ArmTimer();
                return;
            }
        }
        CommitSoon();
    }

    void ArmTimer()
    {
        if (_timerArmed || _disposed || _options.CommitDelay <= TimeSpan.Zero
            || (_firstWritten is null && _firstStopped is null && !_mayRelease))
            return;
        _timerArmed = true;
        _commitTimer.Change(_options.CommitDelay, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Writes all that is in the line to the journal. Held over a write into the machine's memory, so that who
    /// comes second does not go on before his own is written.</summary>
    void WriteLine()
    {
        using (_journalLock.Enter())
        {
            DiskTransaction? first, last;
            using (_lineLock.Enter())
            {
                (first, last) = (_firstStopped, _lastStopped);
                _firstStopped = _lastStopped = null;
            }
            if (first is null)
                return;
            for (DiskTransaction? at = first; at is not null; at = at.NextWaiting)
                _journal.Stage(JournalKind.Transaction, at.Sequence, at.Batch.Bytes);
            if (_failed)
                _journal.DiscardStaged();
            else if (_journal.WriteStaged(first.Sequence) is var error and not Errno.OK)
                Fail($"{_journal.CurrentPath}: cannot be written ({error})");
            using (_lineLock.Enter())
            {
                if (_lastWritten is { } before)
                    before.NextWaiting = first;
                else
                    _firstWritten = first;
                _lastWritten = last;
            }
        }
    }

    /// <summary>Ends all commits: transactions that wait are lost, and no more start.</summary>
    void Fail(string why)
    {
        if (_failed)
            return;
        _failed = true;
        Log(LogLevel.Error, $"{why}: nothing is written to this target any more");
    }

    void Commit()
    {
        while (TakeGroup(out DiskTransaction? first))
        {
            Errno status = MakeDurable(first);
            ulong upTo = Settle(first, status);
            if (status == Errno.OK)
                AfterCommit(upTo);
        }
    }

    bool TakeGroup(out DiskTransaction? first)
    {
        TaskCompletionSource? idle;
        while (true)
        {
            WriteLine();
            using (_lineLock.Enter())
            {
                first = _firstWritten;
                if (first is null ? _release : _wanted >= first.Sequence)
                {
                    _firstWritten = _lastWritten = null;
                    _waitingBytes = 0;
                    _release = false;
                    return true;
                }
                // What stopped since the line was written, and is waited for already.
                if (first is null && _wanted > _committed)
                    continue;
                _committing = false;
                ArmTimer();
                (idle, _idle) = (_idle, null);
                break;
            }
        }
        idle?.SetResult();
        return false;
    }

    /// <summary>Ends when no commit is under way.</summary>
    Task WhenIdle()
    {
        using (_lineLock.Enter())
        {
            if (!_committing)
                return Task.CompletedTask;
            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task;
        }
    }

    /// <summary>Data, then the journal: never the other way round. Then the store may know of it.</summary>
    Errno MakeDurable(DiskTransaction? first)
    {
        if (_failed)
            return Errno.EIO;
        if (Files.SyncDirty() is var lost and not Errno.OK)
        {
            Fail($"{Path.Combine(_options.Path, DiskLayout.Data)}: cannot be synced ({lost})");
            return Errno.EIO;
        }
        if (SyncJournal() is var error and not Errno.OK)
        {
            Fail($"{_journal.CurrentPath}: cannot be synced ({error})");
            return Errno.EIO;
        }
        for (DiskTransaction? at = first; at is not null; at = at.NextWaiting)
            _group.Append(at.Batch.Bytes);
        foreach (ulong number in _unlinked)
            DeleteDoomedKey(number);
        _unlinked.Clear();
        error = _store.Apply(_group);
        _group.Clear();
        if (error != Errno.OK)
            Fail($"{Path.Combine(_options.Path, DiskLayout.Store)}: cannot be written");
        return error;
    }

    Errno SyncJournal()
    {
        DiskFile? file;
        bool nameIsNew;
        using (_journalLock.Enter())
            file = _journal.TakeForSync(out nameIsNew, _filledFiles);
        Errno error = nameIsNew ? _journal.SyncNames() : Errno.OK;
        if (nameIsNew)
            _journalFile = file?.Number ?? _journalFile;
        foreach (DiskFile filled in _filledFiles)
        {
            error = error == Errno.OK ? filled.Sync() : error;
            filled.Release();
        }
        _filledFiles.Clear();
        if (file is not null && error == Errno.OK)
            error = file.Sync();
        file?.Release();
        return error;
    }

    /// <summary>Tells who waits; returns up to where.</summary>
    ulong Settle(DiskTransaction? first, Errno status)
    {
        ulong upTo = _committed;
        List<DiskFreed> freed = _freed;
        _freed = [];
        for (DiskTransaction? at = first; at is not null;)
        {
            DiskTransaction? next = at.NextWaiting;
            at.NextWaiting = null;
            upTo = at.Sequence;
            _freed.AddRange(at.Freed);
            at.Applied();
            at.Committed(upTo, status);
            OnCommitted(upTo, status);
            at = next;
        }
        if (status == Errno.OK)
            ReleaseFreed(freed);
        bool mayRelease = _freed.Count > 0 && status == Errno.OK;
        using (_lineLock.Enter())
            _mayRelease = mayRelease;
        OnCommitted(upTo, status);
        return upTo;
    }

    void OnCommitted(ulong sequence, Errno status)
    {
        while (true)
        {
            TaskCompletionSource<Errno>? done = null;
            using (_lineLock.Enter())
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
            done.SetResult(status);
        }
    }

    /// <summary>Notes in the journal how far it went, makes the store durable when the journal is long, and forgets
    /// objects.</summary>
    void AfterCommit(ulong upTo)
    {
        using (_journalLock.Enter())
        {
            _journal.Stage(JournalKind.Committed, upTo, default);
            if (_journal.WriteStaged(upTo + 1) is var error and not Errno.OK)
                Fail($"{_journal.CurrentPath}: cannot be written ({error})");
        }
        if (_journalFile != _notedFile && NoteBoot(_inStore, _journalFile) == Errno.OK)
            _notedFile = _journalFile;
        LookAtRoom();
        Evict();
        if (_journal.TotalBytes < _checkpointBytes)
            return;
        if (_store.Flush() != Errno.OK)
        {
            Fail($"{Path.Combine(_options.Path, DiskLayout.Store)}: cannot be written");
            return;
        }
        if (NoteBoot(upTo, _journalFile) != Errno.OK)
            return;
        using (_journalLock.Enter())
            _journal.Drop(upTo);
    }
}
