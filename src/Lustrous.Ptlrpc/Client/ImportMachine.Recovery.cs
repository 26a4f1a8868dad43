namespace Lustrous.Ptlrpc.Client;

// Losing a connection, and the way back to FULL (ptlrpc_import_recovery_state_machine).
public sealed partial class ImportMachine
{
    ImportState _replayState = ImportState.Replay;      // where a reconnect during recovery goes on

    /// <summary>The connection is gone (<c>ptlrpc_fail_import</c>, <c>ptlrpc_set_import_discon</c>).</summary>
    /// <param name="connectCount">Connection the news is of; 0 for the present one. That of an older one is
    /// ignored.</param>
    /// <param name="now">Seconds of uptime.</param>
    public ImportActions ConnectionLost(uint connectCount, long now)
    {
        bool isCurrent = connectCount == 0 || connectCount == ConnectCount;
        if (State != ImportState.Full || !isCurrent || IsReverse)
            return ImportActions.None;
        Transition(ImportState.Disconnected, now);
        _forceVerify = true;
        ImportActions actions = ImportActions.NotifyDisconnected | ImportActions.WakePinger;
        if (!IsReplayable)
            actions |= Deactivate() | ImportActions.NotifyInactive;
        return actions;
    }

    /// <summary>A replayed request was answered, or was not.</summary>
    /// <param name="connectCount">Connection it went over.</param>
    /// <param name="transno">Its transno, when it was answered.</param>
    /// <param name="xid">And its xid.</param>
    /// <param name="status">OK; EOVERFLOW for a version that does not match; anything else starts the connection
    /// anew.</param>
    /// <param name="now">Seconds of uptime.</param>
    /// <param name="hasReplay">Whether more is there to be replayed.</param>
    public ImportActions Replayed(
        uint connectCount, ulong transno, ulong xid, Errno status, long now, bool hasReplay)
    {
        if (connectCount != ConnectCount || State != ImportState.Replay)
            return ImportActions.None;
        if (status == Errno.EOVERFLOW)
            VersionRecoveryFailed = true;
        else if (status != Errno.OK)
            return ReconnectNow(now);
        (LastReplayTransno, LastReplayXid) = (transno, xid);
        return Step(now, hasReplay);
    }

    /// <summary>The lock manager is done with its replay.</summary>
    public ImportActions LocksReplayed(uint connectCount, Errno status, long now)
    {
        if (connectCount != ConnectCount || State != ImportState.ReplayLocks)
            return ImportActions.None;
        if (status != Errno.OK)
            return ReconnectNow(now);
        Transition(ImportState.ReplayWait, now);
        return Step(now, hasReplay: false);
    }

    /// <summary>The ping that says all is replayed was answered: recovery has ended.</summary>
    public ImportActions ReplayDoneAnswered(uint connectCount, Errno status, long now)
    {
        if (connectCount != ConnectCount || State != ImportState.ReplayWait)
            return ImportActions.None;
        if (status != Errno.OK || VersionRecoveryFailed)
            return ReconnectNow(now);
        Transition(ImportState.Recover, now);
        return Step(now, hasReplay: false);
    }

    /// <summary>What was cached is gone and nothing is under way: start afresh on the connection there is.</summary>
    public ImportActions Invalidated(long now)
    {
        _invalidating = false;
        if (State != ImportState.Evicted)
            return ImportActions.None;
        _noCachedData = true;
        Transition(ImportState.Recover, now);
        return Step(now, hasReplay: false);
    }

    /// <summary>Asked for: drop everything and connect from scratch (<c>ptlrpc_reconnect_import</c>, <c>lctl
    /// recover</c>).</summary>
    public ImportActions Recover(long now, ulong committed)
    {
        if (State is ImportState.Closed or ImportState.New || IsDeactive)
            return ImportActions.None;
        ImportActions actions = ConnectionLost(0, now) & ~ImportActions.WakePinger;
        _forceVerify = false;
        Connect(now, committed, out ImportActions connect);
        return actions | connect;
    }

    /// <summary>Turned off (<c>lctl deactivate</c>): what is under way fails, and nothing is sent until
    /// <see cref="SetActive"/>.</summary>
    public ImportActions SetInactive(long now)
    {
        IsDeactive = true;
        ImportActions actions = ImportActions.NotifyDisconnected | ImportActions.NotifyInactive | Deactivate();
        if (State is not (ImportState.Closed or ImportState.New))
            Transition(ImportState.Disconnected, now);
        return actions;
    }

    public ImportActions SetActive(long now, ulong committed)
    {
        if (!IsDeactive || State == ImportState.Closed)
            return ImportActions.None;
        IsDeactive = false;
        Connect(now, committed, out ImportActions actions);
        return actions;
    }

    /// <summary>Goes on as far as it can without waiting for anything.</summary>
    ImportActions Step(long now, bool hasReplay)
    {
        if (State == ImportState.Evicted)
        {
            VersionRecoveryFailed = false;
            _invalidating = true;
            return ImportActions.NotifyEvicted | Deactivate() | ImportActions.NotifyInactive | ImportActions.Invalidate;
        }
        if (State == ImportState.Replay)
        {
            _replayState = ImportState.Replay;
            if (hasReplay)
                return ImportActions.ReplayNext;
            Transition(ImportState.ReplayLocks, now);
        }
        if (State == ImportState.ReplayLocks)
            return ImportActions.ReplayLocks;
        if (State == ImportState.ReplayWait)
        {
            _replayState = ImportState.ReplayLocks;
            return ImportActions.SendReplayDone;
        }
        ImportActions actions = ImportActions.None;
        if (State == ImportState.Recover)
        {
            _replayState = ImportState.Replay;
            actions |= ImportActions.Resend;
            Activate(now);
        }
        if (State == ImportState.Full)
        {
            WasIdle = false;
            actions |= ImportActions.NotifyActive | ImportActions.WakeDelayed;
        }
        return actions;
    }

    /// <summary>Whether the request about to be replayed may have reached the target before.</summary>
    public bool TakeResendReplay()
    {
        bool resend = _resendReplay;
        _resendReplay = false;
        return resend;
    }

    ImportActions ReconnectNow(long now)
    {
        Connect(now, _committedBefore, out ImportActions actions);
        return actions;
    }

    /// <summary>Requests under way become void (<c>ptlrpc_deactivate_import</c>).</summary>
    ImportActions Deactivate()
    {
        IsInvalid = true;
        Generation++;
        return ImportActions.AbortOldGeneration;
    }

    void Activate(long now)
    {
        if (IsDeactive)
        {
            Transition(ImportState.Disconnected, now);
            return;
        }
        Transition(ImportState.Full, now);
        IsInvalid = false;
    }
}
