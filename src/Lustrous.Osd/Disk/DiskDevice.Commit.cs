using Lustrous.Obdclass.Storage;
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

    /// <summary>Bytes of transactions that wait while a commit runs, from which on those who write wait too: memory is
    /// bounded, and the disk sets the pace.</summary>
    const long MostWaitingBytes = 64 << 20;

    // In steps of so many milliseconds, and so many of them: whoever waits may hold what a commit's callback needs.
    const int PaceMilliseconds = 10, PaceSteps = 100;

    readonly RankedLock _journalLock = new(74, "osd_disk_journal");
    readonly RankedLock _lineLock = new(75, "osd_disk_line");
    readonly ITimer _commitTimer;
    readonly DiskBatch _doomed = new();                     // of who commits: keys of files that are gone
    readonly ManualResetEventSlim _taken = new();           // set when a group is taken
    readonly List<DiskFile> _filledFiles = [];              // of who commits
    readonly List<(ulong Sequence, TaskCompletionSource<Errno> Done)> _waiters = [];    // guarded by _lineLock
    DiskLine _line = new();             // guarded by _lineLock: stopped, and not in the journal yet
    DiskLine _spareLine = new();        // guarded by _journalLock
    DiskGroup _group = new();           // guarded by _lineLock: all that stopped since the last was taken
    DiskGroup _spareGroup = new();      // of who commits
    ulong _groups;                      // guarded by _lineLock: number of the last
    int _committer;                     // the thread that commits now; 0: none
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
            if (!_mayRelease && _group.IsEmpty)
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
            (long bytes, long objects) = transaction.WriteTo(_group);
            _usedBytes += bytes;
            _objectCount += objects;
            ReadOnlySpan<byte> record = _group.EndRecord(new DiskMeta
            {
                Sequence = _stopped,
                UsedBytes = _usedBytes,
                Objects = _objectCount,
                NextNumber = Volatile.Read(ref _nextNumber),
            });
            _line.Add(_stopped, record);
            _waitingBytes += record.Length;
        }
    }

    /// <summary>A transaction has stopped, and its hooks hold no lock any more: it goes to the journal, where it
    /// outlives this process.</summary>
    internal void OnStopped(bool isSync)
    {
        WriteLine();
        bool isNow = isSync || _options.CommitDelay <= TimeSpan.Zero;
        bool isFull;
        using (_lineLock.Enter())
        {
            isFull = _waitingBytes >= MostWaitingBytes;
            isNow |= _waitingBytes >= CommitBytes;
            if (!isNow)
                ArmTimer();
            else if (isFull && _committing)
                _taken.Reset();
        }
        if (isNow)
            CommitSoon();
        // Who commits may stop transactions in callbacks, and would wait for himself.
        if (isFull && Volatile.Read(ref _committer) != Environment.CurrentManagedThreadId)
            KeepPace();
    }

    void KeepPace()
    {
        for (int i = 0; i < PaceSteps && Volatile.Read(ref _waitingBytes) >= MostWaitingBytes && !_failed; i++)
            _taken.Wait(PaceMilliseconds);
    }

    void ArmTimer()
    {
        if (_timerArmed || _disposed || _options.CommitDelay <= TimeSpan.Zero
            || (_group.IsEmpty && !_mayRelease))
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
            DiskLine line;
            using (_lineLock.Enter())
                line = TakeLine();
            WriteToJournal(line);
        }
    }

    DiskLine TakeLine()
    {
        (DiskLine line, _line) = (_line, _spareLine);
        _spareLine = line;
        return line;
    }

    /// <summary>Under the lock of the journal.</summary>
    void WriteToJournal(DiskLine line)
    {
        if (line.IsEmpty)
            return;
        ReadOnlySpan<byte> rest = line.Bytes;
        foreach ((ulong sequence, int length) in line.Records)
        {
            _journal.Stage(JournalKind.Transaction, sequence, rest[..length]);
            rest = rest[length..];
        }
        if (_failed)
            _journal.DiscardStaged();
        else if (_journal.WriteStaged(line.Records[0].Sequence) is var error and not Errno.OK)
            Fail($"{_journal.CurrentPath}: cannot be written ({error})");
        line.Clear();
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
        while (TakeGroup() is { } group)
        {
            Volatile.Write(ref _committer, Environment.CurrentManagedThreadId);
            Errno status = MakeDurable(group);
            ulong upTo = Settle(group, status);
            Volatile.Write(ref _committer, 0);
            if (status == Errno.OK)
                AfterCommit(upTo);
        }
    }

    /// <summary>What is to become durable now, all of it in the journal; null: nothing, and no commit runs any more.
    /// </summary>
    DiskGroup? TakeGroup()
    {
        DiskGroup? group = null;
        TaskCompletionSource? idle = null;
        using (_journalLock.Enter())
        {
            DiskLine line;
            using (_lineLock.Enter())
            {
                line = TakeLine();
                if (_group.IsEmpty ? _release : _wanted >= _group.First)
                {
                    (group, _group) = (_group, _spareGroup);
                    _spareGroup = group;
                    group.Close();
                    _group.Begin(++_groups);
                    _waitingBytes = 0;
                    _release = false;
                }
                else
                {
                    _committing = false;
                    ArmTimer();
                    (idle, _idle) = (_idle, null);
                }
            }
            WriteToJournal(line);
        }
        _taken.Set();
        idle?.SetResult();
        return group;
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
    Errno MakeDurable(DiskGroup group)
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
        error = Errno.OK;
        foreach (DiskBatch chunk in group.Chunks)
            error = error == Errno.OK ? _store.Apply(chunk) : error;
        foreach (ulong number in _unlinked)
            DeleteDoomedKey(number);
        _unlinked.Clear();
        if (error == Errno.OK)
            error = _store.Apply(_doomed);
        _doomed.Clear();
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
    ulong Settle(DiskGroup group, Errno status)
    {
        ulong upTo = group.IsEmpty ? _committed : group.Last;
        List<DiskFreed> freed = _freed;
        _freed = [.. group.Freed];
        foreach ((DiskObject dtObject, DiskEntry entry) in group.Entries)
            dtObject.Forget(entry);
        foreach (DiskObject dtObject in group.Objects)
            dtObject.DropUser();
        foreach ((DtCommitCallback callback, object? state, ulong sequence) in group.Callbacks)
        {
            // All before it is told already.
            if (sequence - 1 > _committed)
                OnCommitted(sequence - 1, status);
            callback(state, sequence, status);
        }
        group.Clear();
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
        Evict(2 * (CachedObjects - _mostObjects));
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
