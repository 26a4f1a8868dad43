using System.Runtime.CompilerServices;
using Lustrous.Idl.Ost;
using Lustrous.Libcfs;

namespace Lustrous.Clients.Osc;

// Who is written when: objects with work, slots for RPCs, writers that wait for room.
public sealed partial class OscDevice
{
    readonly RankedLock _queueLock = new(9, "osc_queue");
    readonly LinkedList<OscObject> _queue = new();          // guarded by _queueLock; objects with something to write
    readonly LinkedList<OscObject> _dirtyObjects = new();   // guarded by _queueLock; oldest dirty data first
    readonly LinkedList<RoomTicket> _roomQueue = new();     // guarded by _queueLock
    readonly LinkedList<TaskCompletionSource> _slotQueue = new();   // guarded by _queueLock
    OscBrw? _freeBrws;                                      // guarded by _queueLock
    int _inFlight;                                          // guarded by _queueLock; bulk RPCs
    int _writesInFlight;                                    // guarded by _queueLock
    bool _isPumping;                                        // guarded by _queueLock
    ITimer? _ageTimer;                                      // guarded by _queueLock
    bool _isAging;                                          // guarded by _queueLock
    bool _isStopped;                                        // guarded by _queueLock

    /// <summary>Bulk RPCs under way.</summary>
    public int RpcsInFlight
    {
        get
        {
            using (_queueLock.Enter())
                return _inFlight;
        }
    }

    internal OscBrw TakeBrw(OscObject target, bool isWrite)
    {
        OscBrw? rpc;
        using (_queueLock.Enter())
        {
            rpc = _freeBrws;
            if (rpc is not null)
                _freeBrws = rpc.NextFree;
        }
        rpc ??= new OscBrw(this);
        rpc.NextFree = null;
        rpc.Begin(target, isWrite);
        return rpc;
    }

    internal void ReturnBrw(OscBrw rpc)
    {
        rpc.Clear();
        using (_queueLock.Enter())
        {
            rpc.NextFree = _freeBrws;
            _freeBrws = rpc;
        }
    }

    /// <summary>Sends a read or write when a slot is free.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<Result<int>> ExecuteAsync(OscBrw rpc, CancellationToken cancel)
    {
        // Writes that locks wait for go at once: whoever holds the slots may wait for those locks.
        TaskCompletionSource? turn = null;
        using (_queueLock.Enter())
        {
            if (rpc.IsUrgent || _inFlight < _maxRpcsInFlight)
                _inFlight++;
            else
                _slotQueue.AddLast(turn = new TaskCompletionSource());
        }
        if (turn is not null)
            await turn.Task;
        Started(rpc);
        Result<int> result = await rpc.ExecuteAsync(cancel);
        Ended(rpc, result);
        TaskCompletionSource? next = null;
        using (_queueLock.Enter())
        {
            // The slot goes to the next in the queue, if it is not one too many.
            if (_inFlight <= _maxRpcsInFlight && _slotQueue.First is { } first)
            {
                next = first.Value;
                _slotQueue.RemoveFirst();
            }
            else
            {
                _inFlight--;
            }
        }
        next?.SetResult();
        return result;
    }

    /// <summary>Queues an object if it has something to write, and sends what can be sent.</summary>
    internal void StartWriteback(OscObject one)
    {
        if (!one.WantsWrite)
            return;
        using (_queueLock.Enter())
            Enqueue(one);
        Pump();
    }

    void Enqueue(OscObject one)
    {
        if (one.IsQueued)
            return;
        one.IsQueued = true;
        _queue.AddLast(one.QueueNode ??= new LinkedListNode<OscObject>(one));
    }

    /// <summary>
    /// Sends writes until the slots are full or nothing is left, each object in turn. One thread at a time does so; an
    /// RPC that ends at once does not call itself deeper and deeper.
    /// </summary>
    void Pump()
    {
        using (_queueLock.Enter())
        {
            if (_isPumping)
                return;
            _isPumping = true;
        }
        while (NextObject() is { } one)
        {
            OscBrw? rpc = one.BuildWrite();
            bool more = one.WantsWrite;
            using (_queueLock.Enter())
            {
                if (rpc is null)
                    _writesInFlight--;
                if (more)
                    Enqueue(one);
            }
            if (rpc is not null)
                Spawn(WriteAsync(one, rpc));
        }
    }

    OscObject? NextObject()
    {
        using (_queueLock.Enter())
        {
            if (_writesInFlight < _maxRpcsInFlight && _queue.First is { } first)
            {
                _queue.RemoveFirst();
                first.Value.IsQueued = false;
                _writesInFlight++;
                return first.Value;
            }
            _isPumping = false;
            return null;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    async ValueTask WriteAsync(OscObject one, OscBrw rpc)
    {
        await one.RunWriteAsync(rpc);
        using (_queueLock.Enter())
            _writesInFlight--;
        RoomMade();
        Pump();
        if (!one.IsDirty)
            ForgetIfUnused(one);
    }

    /// <summary>An object has dirty pages from now on: they are written when they are old. Called under its
    /// lock.</summary>
    internal void BecameDirty(OscObject one)
    {
        using (_queueLock.Enter())
        {
            if (one.IsInDirtyList || _isStopped)
                return;
            one.IsInDirtyList = true;
            one.DirtySince = Node.Context.Uptime;
            _dirtyObjects.AddLast(one.DirtyNode ??= new LinkedListNode<OscObject>(one));
            if (_isAging)
                return;
            _isAging = true;
            _ageTimer ??= Node.Context.Clock.CreateTimer(
                static state => ((OscDevice)state!).WriteOld(), this, Timeout.InfiniteTimeSpan,
                Timeout.InfiniteTimeSpan);
            _ageTimer.Change(Options.WriteBackAge, Timeout.InfiniteTimeSpan);
        }
    }

    internal void BecameClean(OscObject one)
    {
        using (_queueLock.Enter())
        {
            if (!one.IsInDirtyList)
                return;
            one.IsInDirtyList = false;
            _dirtyObjects.Remove(one.DirtyNode!);
        }
    }

    void WriteOld()
    {
        var old = new List<OscObject>();
        using (_queueLock.Enter())
        {
            _isAging = false;
            if (_isStopped)
                return;
            TimeSpan now = Node.Context.Uptime;
            foreach (OscObject one in _dirtyObjects)
            {
                TimeSpan left = one.DirtySince + Options.WriteBackAge - now;
                if (left > TimeSpan.Zero)
                {
                    _isAging = true;
                    _ageTimer!.Change(left, Timeout.InfiniteTimeSpan);
                    break;
                }
                old.Add(one);
            }
            if (!_isAging && old.Count > 0)
            {
                // What cannot be written now is looked at again.
                _isAging = true;
                _ageTimer!.Change(Options.WriteBackAge, Timeout.InfiniteTimeSpan);
            }
        }
        foreach (OscObject one in old)
            one.MakeUrgent();
    }

    long _keptBytes;        // of data that is kept for a replay

    /// <summary>Writes need not wait for the OST's disk, as long as little is kept for that it might lose them: then
    /// one has the OST commit them all.</summary>
    internal BrwFlags WriteFlags => KeptByteCount < Options.MaxKeptBytes ? BrwFlags.ASYNC : 0;

    internal long KeptByteCount => Interlocked.Read(ref _keptBytes);

    internal void KeptBytes(long more) => Interlocked.Add(ref _keptBytes, more);

    const int RetainedKeptWrites = 256;

    readonly Stack<OscKeptWrite> _freeKept = new();     // guarded by itself

    /// <summary>One for a write; <see cref="ReturnKept"/> follows when its request is free.</summary>
    internal OscKeptWrite TakeKept()
    {
        lock (_freeKept)
        {
            if (_freeKept.TryPop(out OscKeptWrite? kept))
                return kept;
        }
        return new OscKeptWrite(this);
    }

    internal void ReturnKept(OscKeptWrite kept)
    {
        lock (_freeKept)
        {
            if (_freeKept.Count < RetainedKeptWrites)
                _freeKept.Push(kept);
        }
    }

    internal CacheEntry EnterCache(long bytes, long grant, RoomTicket? ticket)
    {
        using (_queueLock.Enter())
        {
            // First come, first served: who comes later may not take what the first waits for.
            if (_roomQueue.First is { } first && first.Value != ticket)
                return CacheEntry.Wait;
        }
        return Grant.Enter(bytes, grant);
    }

    internal RoomTicket JoinRoomQueue()
    {
        var ticket = new RoomTicket();
        using (_queueLock.Enter())
            _roomQueue.AddLast(ticket);
        return ticket;
    }

    /// <summary>Has everything written that is dirty, and waits until some of it is.</summary>
    internal async ValueTask WaitForRoomAsync(RoomTicket ticket, CancellationToken cancel)
    {
        OscObject[] dirty;
        Task woken;
        using (_queueLock.Enter())
        {
            dirty = [.. _dirtyObjects];
            woken = ticket.Woken.Task;
        }
        foreach (OscObject one in dirty)
            one.MakeUrgent();
        await woken.WaitAsync(cancel);
        using (_queueLock.Enter())
            ticket.Woken = new TaskCompletionSource();
    }

    internal void LeaveRoomQueue(RoomTicket ticket)
    {
        using (_queueLock.Enter())
            _roomQueue.Remove(ticket);
        RoomMade();
    }

    /// <summary>Grant or room may have come back: the first who waits looks again.</summary>
    internal void RoomMade()
    {
        TaskCompletionSource? first;
        using (_queueLock.Enter())
            first = _roomQueue.First?.Value.Woken;
        first?.TrySetResult();
    }

    /// <summary>Pages beyond the mount's limit go; when only dirty ones are left, they are written.</summary>
    internal void KeepCacheLimit(OscObject user)
    {
        if (!Cache.IsOver)
            return;
        Cache.Shrink();
        if (Cache.IsOver)
            user.MakeUrgent();
    }

    /// <summary>Lets a task that nobody waits for run to its end; what it throws is a defect and is not lost.</summary>
    internal void Spawn(ValueTask task)
    {
        if (task.IsCompletedSuccessfully)
            task.GetAwaiter().GetResult();
        else
            _ = WatchAsync(task);
    }

    async Task WatchAsync(ValueTask task)
    {
        try
        {
            await task;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Node.Context.Log.Error("osc", e.Message);
            Node.Context.Work.Post(
                static state => ((System.Runtime.ExceptionServices.ExceptionDispatchInfo)state!).Throw(),
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(e));
        }
    }

    /// <summary>Ends after a while, or at once when cancelled.</summary>
    internal async ValueTask DelayAsync(TimeSpan time, CancellationToken cancel)
    {
        var over = new TaskCompletionSource();
        using ITimer timer = Node.Context.Clock.CreateTimer(
            static state => ((TaskCompletionSource)state!).TrySetResult(), over, time, Timeout.InfiniteTimeSpan);
        using (cancel.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), over))
            await over.Task;
    }

    void StopTimers()
    {
        ITimer? age, shrink;
        using (_queueLock.Enter())
        {
            _isStopped = true;
            (age, shrink) = (_ageTimer, _shrinkTimer);
            (_ageTimer, _shrinkTimer) = (null, null);
        }
        age?.Dispose();
        shrink?.Dispose();
    }
}
