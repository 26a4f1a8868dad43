using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Fids;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Clients.Osp;

// Objects made ahead. They are numbers in a row: up to _used files have them, up to _lastCreated the OST has made them.
public sealed partial class OspDevice
{
    static readonly TimeSpan s_retryAfter = TimeSpan.FromSeconds(1);

    readonly List<TaskCompletionSource> _waiters = [];      // guarded by _lock
    ulong _sequence;                // guarded by _lock; 0: none yet
    uint _used;                     // guarded by _lock
    uint _lastCreated;              // guarded by _lock
    uint _width = SequenceConst.DataWidth;      // guarded by _lock
    int _createCount;               // guarded by _lock
    bool _createSlow;               // guarded by _lock: asking for more would not help
    bool _recovering = true;        // guarded by _lock: what the OST has is not settled
    bool _mdtRecovers;              // guarded by _lock: nor which objects files have
    Errno _status = Errno.ENOTCONN; // guarded by _lock: why no objects are made
    bool _pumping;                  // guarded by _lock
    Task _pump = Task.CompletedTask;            // guarded by _lock

    /// <summary>Objects made ahead that no file has (<c>prealloc_last_id</c> less <c>prealloc_next_id</c>).</summary>
    public int PrecreatedCount
    {
        get
        {
            using (_lock.Enter())
                return (int)Available;
        }
    }

    // Guarded by _lock.
    uint Available => _lastCreated - _used;

    /// <summary>An object that no file has yet; waits for more to be made.</summary>
    /// <returns>ENOSPC: the OST is full; ENODEV, ENOTCONN: it cannot be reached; ETIMEDOUT: it took too long.</returns>
    public ValueTask<Result<Fid>> ReserveAsync(CancellationToken cancel) =>
        TryReserve(out Fid fid) ? new(fid) : WaitForObjectAsync(cancel);

    /// <summary>An object that has been made already; false when there is none. Has more made when few are
    /// left.</summary>
    public bool TryReserve(out Fid fid)
    {
        bool isLow;
        using (_lock.Enter())
        {
            fid = default;
            GrowCount();
            if (!_recovering && Available > 0)
                fid = new Fid(_sequence, ++_used);
            isLow = IsLow;
        }
        if (isLow)
            Pump();
        return fid.Sequence != 0;
    }

    /// <summary>The MDT waits for clients, who may bring back files with objects of this OST that nobody knows of now:
    /// no object is an orphan until then (<c>opd_recovery_completed</c>). Before <see cref="Start"/>.</summary>
    public void WaitForMdt()
    {
        using (_lock.Enter())
            _mdtRecovers = true;
    }

    /// <summary>All files are back that come back.</summary>
    public void MdtRecovered()
    {
        Fid last = _lastUsed.Last;
        using (_lock.Enter())
        {
            if (!_mdtRecovers)
                return;
            _mdtRecovers = false;
            (_sequence, _used, _lastCreated) = (last.Sequence, last.ObjectId, last.ObjectId);
            _recovering = true;
        }
        Pump();
    }

    /// <summary>Room for what <see cref="Use"/> writes.</summary>
    public Errno DeclareUse(DtTransaction transaction) => _lastUsed.Declare(transaction);

    /// <summary>A file has a reserved object, if the transaction lives.</summary>
    public Errno Use(DtTransaction transaction, Fid fid) => _lastUsed.Use(transaction, fid);

    // Objects are asked for in larger portions while the OST keeps up (osp_precreate_reserve). Guarded by _lock.
    void GrowCount()
    {
        if (_createSlow || _createCount >= Options.MaxCreateCount || Available > _createCount / 4 + 1)
            return;
        _createSlow = true;
        _createCount *= 2;
    }

    // Guarded by _lock.
    bool IsLow => _isConnected && !_pumping && !_mdtRecovers && _status == Errno.OK && Options.MaxCreateCount > 0
        && (_recovering || Available < _createCount / 2);

    async ValueTask<Result<Fid>> WaitForObjectAsync(CancellationToken cancel)
    {
        using var timeout = new CancellationTokenSource(
            TimeSpan.FromSeconds(Options.WaitSeconds), _node.Context.Clock);
        while (true)
        {
            var waiter = new TaskCompletionSource();
            bool mayGetRoom;
            using (_lock.Enter())
            {
                if (_stopping.IsCancellationRequested)
                    return Errno.ESHUTDOWN;
                if (!_isConnected)
                    return Errno.ENOTCONN;
                if (Options.MaxCreateCount == 0)
                    return Errno.ENOSPC;
                if (_status == Errno.ENOSPC && (Available == 0 || _recovering) && _changesUnderWay == 0)
                    return Errno.ENOSPC;
                mayGetRoom = _status == Errno.ENOSPC;
                _waiters.Add(waiter);
            }
            if (mayGetRoom)
                _storage.CommitSoon();      // what is destroyed there is destroyed after the commit here
            if (TryReserve(out Fid fid))
            {
                Forget(waiter);
                return fid;
            }
            using (cancel.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), waiter))
            using (timeout.Token.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), waiter))
                await waiter.Task;
            Forget(waiter);
            if (TryReserve(out fid))
                return fid;
            if (cancel.IsCancellationRequested)
                return Errno.EINTR;
            if (timeout.IsCancellationRequested)
                return Errno.ETIMEDOUT;
        }
    }

    void Forget(TaskCompletionSource waiter)
    {
        using (_lock.Enter())
            _waiters.Remove(waiter);
    }

    void WakeWaiters()
    {
        TaskCompletionSource[] waiters;
        using (_lock.Enter())
        {
            waiters = [.. _waiters];
            _waiters.Clear();
        }
        foreach (TaskCompletionSource waiter in waiters)
            waiter.TrySetResult();
    }

    /// <summary>Keeps objects ahead, unless that is being done (osp_precreate_thread).</summary>
    void Pump()
    {
        TaskCompletionSource<Task> started;
        using (_lock.Enter())
        {
            if (_pumping || !IsLow || _stopping.IsCancellationRequested)
                return;
            _pumping = true;
            started = new TaskCompletionSource<Task>();
            _pump = started.Task.Unwrap();
        }
        started.SetResult(PumpAsync());
    }

    async Task PumpAsync()
    {
        while (true)
        {
            bool recovering;
            int connection;
            using (_lock.Enter())
            {
                _pumping = false;
                if (!IsLow || _stopping.IsCancellationRequested)
                    return;
                _pumping = true;
                (recovering, connection) = (_recovering, _connection);
            }
            Errno status = recovering ? await RecoverAsync(connection) : await PrecreateAsync(connection);
            using (_lock.Enter())
            {
                if (_connection == connection && status == Errno.ENOSPC)
                    _status = Errno.ENOSPC;
            }
            WakeWaiters();
            if (status is Errno.OK or Errno.ENOSPC)
                continue;
            if (!await PauseAsync())
            {
                using (_lock.Enter())
                    _pumping = false;
                return;
            }
        }
    }

    /// <summary>The OST could not, for now.</summary>
    async ValueTask<bool> PauseAsync()
    {
        try
        {
            await Task.Delay(s_retryAfter, _node.Context.Clock, _stopping.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Begins a sequence where there is none or it is used up, and has the OST destroy what no file has
    /// (osp_precreate_cleanup_orphans).</summary>
    async ValueTask<Errno> RecoverAsync(int connection)
    {
        ulong sequence;
        using (_lock.Enter())
            sequence = _sequence;
        if (sequence == 0)
        {
            Errno began = await BeginSequenceAsync();
            if (began != Errno.OK)
                return began;
        }
        uint used;
        using (_lock.Enter())
            (sequence, used) = (_sequence, _used);
        // An OST that has none yet counts from 0, but 0 names no object.
        Result<Obdo> reply = await CreateAsync(
            new Fid(sequence, Math.Max(used, 1)), MdtValid.FLFLAGS | MdtValid.FLGROUP, ObdoFlags.DELORPHAN);
        if (reply.Failed)
            return reply.Error;
        using (_lock.Enter())
        {
            if (_connection != connection)
                return Errno.EAGAIN;
            Fid last = reply.Value.ObjectId.FidView;
            if (last.Sequence != _sequence)
                return Errno.EPROTO;
            bool isBehind = last.ObjectId < _used;
            _createCount = isBehind
                ? OstConst.MIN_PRECREATE + (int)Math.Min(_used - last.ObjectId, OstConst.MAX_PRECREATE)
                : Math.Max(OstConst.MIN_PRECREATE, Options.CreateCount);
            _lastCreated = Math.Max(last.ObjectId, _used);
            // None of those is anybody's: what is made from here on is.
            _used = _lastCreated;
            _createSlow = false;
            _recovering = false;
            SetWidth(reply.Value);
        }
        return Errno.OK;
    }

    async ValueTask<Errno> BeginSequenceAsync()
    {
        Result<ulong> sequence = await _sequences.AllocateSequenceAsync(_stopping.Token);
        if (sequence.Failed)
            return sequence.Error;
        if (_lastUsed.BeginSequence(sequence.Value) is var error and not Errno.OK)
            return error;
        using (_lock.Enter())
            (_sequence, _used, _lastCreated) = (sequence.Value, 0, 0);
        return Errno.OK;
    }

    async ValueTask<Errno> PrecreateAsync(int connection)
    {
        Fid upTo;
        int grow;
        bool isExhausted;
        using (_lock.Enter())
        {
            _createCount = Math.Min(_createCount, Math.Max(1, Options.MaxCreateCount / 2));
            grow = (int)Math.Min((uint)_createCount, _width - _lastCreated);
            upTo = new Fid(_sequence, _lastCreated + (uint)grow);
            // The last objects of a sequence are used up before the next begins (osp_precreate_rollover_new_seq).
            isExhausted = grow == 0;
            if (isExhausted && Available == 0)
                (_sequence, _recovering) = (0, true);
            if (isExhausted)
                _createSlow = true;
        }
        if (isExhausted)
            return upTo.ObjectId == 0 || PrecreatedCount == 0 ? Errno.OK : Errno.EAGAIN;
        Result<Obdo> reply = await CreateAsync(upTo, MdtValid.FLGROUP, 0);
        if (reply.Failed)
            return reply.Error;
        using (_lock.Enter())
        {
            if (_connection != connection || _recovering)
                return Errno.EAGAIN;
            Fid last = reply.Value.ObjectId.FidView;
            if (last.Sequence != _sequence)
                return Errno.EPROTO;
            if (last.ObjectId <= _lastCreated)
                return Errno.ENOSPC;
            long made = (long)last.ObjectId - _lastCreated;
            _createSlow = made < grow;      // more than it can do at a time
            if (_createSlow)
                _createCount = Math.Max((int)made, OstConst.MIN_PRECREATE);
            // It is ahead of us: of what it has made we know nothing, so it stays unused.
            if (last.ObjectId > upTo.ObjectId)
                _used = last.ObjectId;
            _lastCreated = last.ObjectId;
            SetWidth(reply.Value);
        }
        return Errno.OK;
    }

    // Guarded by _lock.
    void SetWidth(in Obdo reply)
    {
        if ((reply.Valid & MdtValid.FLSIZE) != 0 && reply.Size is > 0 and <= uint.MaxValue)
            _width = (uint)reply.Size;
    }

    async ValueTask<Result<Obdo>> CreateAsync(Fid upTo, MdtValid valid, ObdoFlags flags)
    {
        using PtlrpcRequest request = Import.NewRequest(RequestFormats.OstCreate);
        if (flags == 0)
            request.RequestPortal = Portals.OST_CREATE_PORTAL;
        // After a reconnect what was made is settled anyway, so it is never sent again.
        request.NoResend = request.NoDelay = true;
        request.Set(Rmf.OstBody, new OstBody
        {
            Attributes = new Obdo { ObjectId = new OstId(upTo), Valid = valid, Flags = flags },
        });
        if (await request.SendAsync(_stopping.Token) is var status and not Errno.OK)
            return status;
        Result<OstBody> reply = request.Get(Rmf.OstBody);
        return reply.Failed ? reply.Error : reply.Value.Attributes;
    }
}
