using Lustrous.Idl.Ptlrpc;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Server;
using Lustrous.Target.Clients;

namespace Lustrous.Target.Recovery;

/// <summary>
/// A target's recovery after a restart: lets the clients of the former life replay, in order, what may be lost, and
/// gives up those that do not come. <see cref="RecoveryMachine"/> decides, under the lock; what it says is done here.
/// </summary>
public sealed partial class TargetRecovery : ITargetRecovery, IDisposable
{
    readonly LuTarget _target;
    readonly NodeContext _context;
    readonly LastRcvd _slots;
    readonly RankedLock _lock = new(9, "obd_recovery_task_lock");
    readonly RecoveryWindow _window;        // guarded by _lock
    readonly RecoveryMachine _machine;      // guarded by _lock
    readonly ITimer _timer;
    readonly HashSet<Export> _arriving = [];    // guarded by _lock: known clients whose connect is under way
    RecoveryTurn? _running;                 // guarded by _lock
    bool _isAdvancing;                      // guarded by _lock: one at a time looks what is next
    bool _isStopped;                        // guarded by _lock
    long _endedAt;                          // guarded by _lock: seconds of uptime; 0 while it lasts

    internal TargetRecovery(LuTarget target, NodeContext context, LastRcvd slots)
    {
        _target = target;
        _context = context;
        _slots = slots;
        LuTargetOptions options = target.Options;
        int soft = options.RecoverySoftSeconds > 0
            ? options.RecoverySoftSeconds
            : options.Timeouts.ObdTimeoutSeconds * 3;
        int hard = options.RecoveryHardSeconds > 0
            ? options.RecoveryHardSeconds
            : options.Timeouts.ObdTimeoutSeconds * 9;
        _window = new RecoveryWindow(options.Timeouts, Math.Min(soft, hard), hard);
        _machine = new RecoveryMachine(slots.Count, slots.LastTransno, _window);
        _timer = context.Clock.CreateTimer(static state => ((TargetRecovery)state!).Advance(), this,
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    long Now => (long)_context.Uptime.TotalSeconds;

    public RecoveryStage Stage
    {
        get
        {
            using (_lock.Enter())
                return _machine.Stage;
        }
    }

    /// <summary>Somebody has not come back: what he did is missing.</summary>
    internal bool HasGaps
    {
        get
        {
            using (_lock.Enter())
                return _machine.HasGaps;
        }
    }

    /// <summary>A replay met another version of an object than it was made for.</summary>
    internal void Failed(Export export)
    {
        using (_lock.Enter())
        {
            if (ClientOf(export) is { } client)
                client.HasFailed = true;
        }
    }

    /// <summary>Somebody connects, who may have to wait until all this is over.</summary>
    /// <param name="export">New here.</param>
    /// <param name="slot">Of the former life; null for none.</param>
    /// <returns>EBUSY: it is none of those who are waited for.</returns>
    internal Errno Connecting(Export export, ClientSlot? slot)
    {
        bool isKnown;
        using (_lock.Enter())
        {
            if (_machine.Stage == RecoveryStage.Complete)
                return Errno.OK;
            isKnown = slot is { IsGivenUp: false };
            _window.Connecting(Now, isKnown);
            ArmTimer();
            // From here until it has joined, or its connect has failed, it is not one of those who have not come.
            if (isKnown)
                _arriving.Add(export);
        }
        if (isKnown)
            return Errno.OK;
        _context.Log.Info(
            _target.Name, $"denying connection for new client {export.ClientUuid}, waiting for known clients");
        return Errno.EBUSY;
    }

    /// <summary>A client of the former life is connected.</summary>
    internal void Connected(Export export, ulong firstTransno)
    {
        TargetExport data = TargetExport.Of(export);
        using (_lock.Enter())
        {
            _arriving.Remove(export);
            if (_machine.Stage == RecoveryStage.Complete || data.Recovery is not null)
                return;
            data.Recovery = new RecoveryClient(export);
            _machine.Connect(data.Recovery, firstTransno);
            export.IsInRecovery = true;
        }
        AdvanceSoon();
    }

    /// <summary>A client has gone, or was thrown out.</summary>
    internal void Disconnected(Export export)
    {
        List<RecoveryTurn> left;
        using (_lock.Enter())
        {
            _arriving.Remove(export);
            if (_machine.Stage == RecoveryStage.Complete || ClientOf(export) is not { } client)
                return;
            left = _machine.Leave(client);
        }
        foreach (RecoveryTurn turn in left)
            turn.Begin(Errno.ENOTCONN);
        AdvanceSoon();
    }

    /// <summary>Ends it now: who has not finished is thrown out (<c>lctl abort_recovery</c>).</summary>
    public void Abort()
    {
        using (_lock.Enter())
            _machine.Abort();
        AdvanceSoon();
    }

    public ValueTask<Errno> EnterAsync(ServerRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!IsAllowed(request.Opcode))
            return new(Errno.EAGAIN);
        RecoveryTurn? displaced = null;
        RecoveryTurn? turn = null;
        using (_lock.Enter())
        {
            if (request.Transno >= _machine.NextTransno && _context.FailPoints.Check(ObdFail.ReplayDrop))
            {
                request.NoReply = true;
                return new(Errno.EALREADY);
            }
            // Light clients, and those of no part in it, may ask what has no number.
            RecoveryVerdict verdict = ClientOf(request.Export!) is { } client
                ? _machine.Arrive(turn = new RecoveryTurn(request, client), out displaced)
                : _machine.Stage == RecoveryStage.Complete || !IsReplay(request)
                    ? RecoveryVerdict.Run
                    : RecoveryVerdict.Refuse;
            if (verdict == RecoveryVerdict.Refuse)
                return new(Errno.ENOTCONN);
            if (verdict == RecoveryVerdict.Drop)
            {
                request.NoReply = true;
                return new(Errno.EALREADY);
            }
            if (verdict == RecoveryVerdict.Run)
                return new(Errno.OK);
        }
        if (displaced is not null)
        {
            displaced.Request.NoReply = true;
            displaced.Begin(Errno.EALREADY);
        }
        AdvanceSoon();
        return new(turn!.Begun);
    }

    public void Leave(ServerRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        using (_lock.Enter())
        {
            if (_running?.Request != request)
                return;
            _machine.Ran(_running, Now, (int)Math.Min(
                request.TimeoutSeconds, (uint)_target.Options.Timeouts.ObdTimeoutSeconds));
            _running = null;
        }
        AdvanceSoon();
    }

    public void Dispose()
    {
        List<RecoveryTurn> left;
        using (_lock.Enter())
        {
            _isStopped = true;
            left = _machine.Finish();
        }
        _timer.Dispose();
        foreach (RecoveryTurn turn in left)
        {
            turn.Request.NoReply = true;
            turn.Begin(Errno.ENODEV);
        }
    }

    /// <summary>Never on the caller's stack: what goes on has its own answers to send.</summary>
    void AdvanceSoon() => _context.Work.Post(static state => ((TargetRecovery)state!).Advance(), this);

    /// <summary>Does what is next, as long as anything is.</summary>
    void Advance()
    {
        using (_lock.Enter())
        {
            if (_isAdvancing)
                return;
            _isAdvancing = true;
        }
        bool goesOn = true;
        while (goesOn)
        {
            RecoveryStep step;
            RecoveryTurn? turn;
            using (_lock.Enter())
            {
                turn = null;
                step = _running is not null || _isStopped ? RecoveryStep.Wait : _machine.Next(Now, out turn);
                _running ??= turn;
                if (step is RecoveryStep.Wait or RecoveryStep.Run or RecoveryStep.Finish)
                {
                    _isAdvancing = goesOn = false;
                    ArmTimer();
                }
            }
            switch (step)
            {
                case RecoveryStep.Run:
                    Begin(turn!);
                    break;
                case RecoveryStep.Evict:
                    EvictLate();
                    break;
                case RecoveryStep.EvictFailed:
                    EvictFailed();
                    break;
                case RecoveryStep.Finish:
                    Finish();
                    break;
            }
        }
    }

    void Begin(RecoveryTurn turn)
    {
        FailPoints faults = _context.FailPoints;
        TimeSpan delay = faults.Location == 0 || turn.Request.Transno == 0 ? TimeSpan.Zero
            : faults.Check(ObdFail.ReplayDelay) ? TimeSpan.FromMilliseconds(300)
            : faults.Check(ObdFail.ReplayDelaySeconds) ? TimeSpan.FromSeconds(faults.Value)
            : TimeSpan.Zero;
        if (delay == TimeSpan.Zero)
            turn.Begin(Errno.OK);
        else
            _ = BeginLaterAsync(turn, delay);
    }

    async Task BeginLaterAsync(RecoveryTurn turn, TimeSpan delay)
    {
        await Task.Delay(delay, _context.Clock);
        turn.Begin(Errno.OK);
    }

    void EvictLate()
    {
        _context.Log.Warning(_target.Name, "recovery is timed out, evicting stale clients");
        Evict(client => _machine.IsLate(client), alsoAbsent: Stage == RecoveryStage.Clients);
        using (_lock.Enter())
        {
            _machine.Expired(Now);
            ArmTimer();
        }
    }

    void EvictFailed() => Evict(static client => client.HasFailed, alsoAbsent: false);

    void Evict(Func<RecoveryClient, bool> isEvicted, bool alsoAbsent)
    {
        List<Export> evicted = [];
        List<ClientSlot> absent = [];
        using (_lock.Enter())
        {
            foreach (RecoveryClient client in _machine.Clients)
            {
                if (client.IsIn && isEvicted(client))
                    evicted.Add(client.Export);
            }
            if (alsoAbsent)
            {
                HashSet<string> present =
                [
                    .. _machine.Clients.Where(c => c.IsIn).Select(c => c.Export.ClientUuid),
                    .. _arriving.Select(arriving => arriving.ClientUuid),
                ];
                absent.AddRange(_slots.List().Where(slot => !present.Contains(slot.Uuid)));
                // Whoever comes from now on is a stranger.
                foreach (ClientSlot slot in absent)
                    slot.IsGivenUp = true;
                _machine.GiveUp(absent.Count);
            }
        }
        foreach (ClientSlot slot in absent)
        {
            _context.Log.Warning(_target.Name, $"client {slot.Uuid} has not come back, evicting it");
            _slots.Remove(slot, _target.LastTransno);
        }
        foreach (Export export in evicted)
            _target.Service.Evict(export);
    }

    void Finish()
    {
        Evict(static client => !client.HasFinished || client.HasFailed, alsoAbsent: true);
        List<RecoveryTurn> left;
        using (_lock.Enter())
        {
            if (_machine.Stage == RecoveryStage.Complete)
                return;
            left = _machine.Finish();
            foreach (RecoveryClient client in _machine.Clients)
                client.Export.HasRecovered = client.HasFinished;
            _endedAt = Now;
            _context.Log.Info(
                _target.Name,
                $"recovery over after {_endedAt - _window.Start} s, of {_machine.KnownClients} clients "
                + $"{_machine.Connected} recovered and {_machine.Stale} were evicted");
        }
        _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _target.RecoveryEnded();
        foreach (RecoveryTurn turn in left)
            turn.Begin(turn.Client.HasFinished ? Errno.OK : Errno.ENOTCONN);
        _target.AfterRecovery();
    }

    void ArmTimer()
    {
        if (!_window.IsOpen || _machine.Stage == RecoveryStage.Complete || _isStopped)
            return;
        TimeSpan left = TimeSpan.FromSeconds(_window.End + 0.5) - _context.Uptime;
        _timer.Change(left > TimeSpan.Zero ? left : TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
    }

    static RecoveryClient? ClientOf(Export export) => (export.TargetData as TargetExport)?.Recovery;

    static bool IsReplay(ServerRequest request) => request.Transno != 0
        || (request.Flags & (MsgFlags.REPLAY | MsgFlags.REQ_REPLAY_DONE | MsgFlags.LOCK_REPLAY_DONE)) != 0;

    /// <summary>What may come at all (tgt_filter_recovery_request).</summary>
    static bool IsAllowed(uint opcode) => opcode is (uint)MdsOpcode.Disconnect or (uint)OstOpcode.Disconnect
        or (uint)MdsOpcode.Close or (uint)MdsOpcode.Sync or (uint)ObdOpcode.Ping or (uint)MdsOpcode.Reint
        or (uint)MdsOpcode.Batch or (uint)SeqOpcode.Query or (uint)FldOpcode.Query or (uint)FldOpcode.Read
        or (uint)LdlmOpcode.Enqueue or (uint)OstOpcode.Create or (uint)OstOpcode.Destroy or (uint)OstOpcode.Punch
        or (uint)OstOpcode.Setattr or (uint)OstOpcode.Sync or (uint)OstOpcode.Write or (uint)OstOpcode.Fallocate
        or (uint)MdsOpcode.HsmStateSet;
}
