using Lustrous.Idl.LNet;

namespace Lustrous.LNet.Lnd.Socklnd;

/// <summary>
/// Dialling a peer: one connection after the other, until there are enough of each type (<c>ksocknal_connect</c>).
/// </summary>
sealed partial class KsockPeer
{
    const int MaxAccepted = 64;     // connections of one type that a peer may open
    const int MaxRaces = 3;         // SOCKNAL_MAX_RETRIES: after so many refusals the peer wants no more connections

    bool _route;                    // guarded by _lock: we dialled it, so its connections are ours to complete
    bool _dialling;                 // guarded by _lock: a dial is under way or waits for its next attempt
    bool _cancelled;                // guarded by _lock: closed while it was dialled
    bool _satisfied;                // guarded by _lock: the peer takes no more connections than there are
    KsockConn? _dial;               // guarded by _lock: the attempt under way
    int _races;                     // guarded by _lock
    int _version;                   // guarded by _lock
    TimeSpan _backoff;              // guarded by _lock; zero after a success
    long _retryAt;                  // guarded by _lock; ticks
    ITimer? _retry;                 // made at the first lost race
    volatile bool _incomplete;      // some type is missing and nobody dials: the next message tries

    /// <summary>The HELLO version to open with.</summary>
    public int DialVersion
    {
        get
        {
            using (_lock.Enter())
                return _version;
        }
    }

    /// <summary>The peer answered with this version.</summary>
    public void ProposeVersion(int version)
    {
        // Version 4 is for whoever has large NIDs; the older ones cannot carry them.
        using (_lock.Enter())
        {
            if (version == KsockWire.Version4 || (Nid.IsNid4 && Net.Ni.Nid.IsNid4))
                _version = version;
        }
    }

    /// <summary>A dialled connection is through. False: it came too late.</summary>
    public bool DialDone(KsockConn conn, ulong incarnation)
    {
        KsockConn[] stale = [];
        KsockConn? next;
        bool late, dead = false;
        using (_lock.Enter())
        {
            _dial = null;
            late = _cancelled;
            if (late)
            {
                next = EndCancelled();
                dead = next is null && _connections.Length == 0;
            }
            else
            {
                if (_connections.Length > 0 && _incarnation != incarnation)
                {
                    stale = _connections;
                    _connections = [];
                }
                _backoff = TimeSpan.Zero;
                _races = 0;
                Add(conn, incarnation);
                next = NextDial();
            }
        }
        foreach (KsockConn old in stale)
            old.Close(Errno.ECONNRESET);
        Launch(next);
        if (!late)
            NotifyAlive();
        else if (dead)
            Net.Ni.Upcalls.NotifyPeer(Net.Ni, Nid, alive: false);      // whoever closed it left that to us
        return !late;
    }

    /// <summary>A dialled connection came to nothing. On its scheduler's thread.</summary>
    public void DialFailed(KsockConn conn, Errno error)
    {
        LNetMessage? failed = null;
        KsockConn? next = null;
        bool dead = false;
        using (_lock.Enter())
        {
            if (_dial != conn)
                return;
            _dial = null;
            bool again = error is Errno.EALREADY or Errno.EPROTOTYPE && ++_races <= MaxRaces;
            if (_cancelled)
            {
                next = EndCancelled();
                dead = next is null && _connections.Length == 0;
            }
            else if (again && Missing() == SocklndConnectionType.NONE)
                next = NextDial();      // the peer's own dial has won: there is nothing left to do
            else if (again)
                RetryLater();
            else
            {
                bool enough = error == Errno.EALREADY && HasEachType();
                EndDial();
                _satisfied |= enough;
                if (!enough)
                    Backoff();
                if (_connections.Length == 0 || !enough)
                    failed = TakeWaiting();
                dead = _connections.Length == 0;
                UpdateIncomplete();
            }
        }
        Launch(next);
        KsockConn.Complete(failed, error);
        if (dead)
            Net.Ni.Upcalls.NotifyPeer(Net.Ni, Nid, alive: false);
    }

    /// <summary>Stops for good.</summary>
    public void Dispose()
    {
        CloseConnections(Errno.ESHUTDOWN, dialToo: true);
        _retry?.Dispose();
    }

    // Not the fast way: no connection yet, or not all of them.
    bool SendOrDial(LNetMessage message, out Errno error)
    {
        KsockConn? dial = null;
        KsockConn? chosen;
        error = Errno.OK;
        using (_lock.Enter())
        {
            if (_removed)
                return false;
            chosen = Select(message);
            bool mayDial = !_dialling && (_route || chosen is null) && Missing() != SocklndConnectionType.NONE;
            if (mayDial && _lnd.IsShuttingDown)
                error = Errno.ESHUTDOWN;
            else if (mayDial && (_backoff == TimeSpan.Zero || _lnd.Now >= _retryAt))
                dial = StartDial();
            else if (mayDial && chosen is null)
                error = Errno.EHOSTUNREACH;     // failed a moment ago
            if (chosen is null && error == Errno.OK)
                error = !_dialling ? Errno.EHOSTUNREACH
                    : _version < KsockWire.Version4 && !message.Header.FitsNid4 ? Errno.EPROTO
                    : Wait(message) ? Errno.OK : Errno.ENOBUFS;
        }
        Launch(dial);
        if (chosen is not null)
            error = chosen.Send(message);
        return true;
    }

    // Under _lock. Both of us dial at once: the higher NID's connection is kept (ksocknal_create_conn).
    bool LosesRace() => _dial is not null && KsockNet.Compare(Nid, Net.Ni.Nid) < 0;

    // Under _lock.
    KsockConn? StartDial()
    {
        _route = true;
        _dialling = true;
        _cancelled = false;
        _races = 0;
        return NextDial();
    }

    // Under _lock. The next connection to dial, or none when there are enough.
    KsockConn? NextDial()
    {
        SocklndConnectionType type = Missing();
        if (type == SocklndConnectionType.NONE)
        {
            EndDial();
            return null;
        }
        _dial = new KsockConn(_lnd, _lnd.NextSched(), this, type);
        return _dial;
    }

    void Launch(KsockConn? dial)
    {
        if (dial is null)
            return;
        if (_lnd.Register(dial))
            dial.Sched.Post(dial, KsockConn.OpenCommand);
        else
            DialFailed(dial, Errno.ESHUTDOWN);
    }

    // Under _lock. What is to be dialled next: control first, then bulk in pairs.
    SocklndConnectionType Missing()
    {
        if (_satisfied)
            return SocklndConnectionType.NONE;
        int enough = _lnd.Tunables.ConnsPerPeer;
        int bulkIn = Count(SocklndConnectionType.BULK_IN);
        int bulkOut = Count(SocklndConnectionType.BULK_OUT);
        if (Count(SocklndConnectionType.CONTROL) < enough)
            return SocklndConnectionType.CONTROL;
        if (bulkIn < enough && (bulkIn <= bulkOut || bulkOut >= enough))
            return SocklndConnectionType.BULK_IN;
        return bulkOut < enough ? SocklndConnectionType.BULK_OUT : SocklndConnectionType.NONE;
    }

    bool HasEachType() =>
        Count(SocklndConnectionType.CONTROL) > 0 && Count(SocklndConnectionType.BULK_IN) > 0
        && Count(SocklndConnectionType.BULK_OUT) > 0;

    // Under _lock.
    void EndDial()
    {
        _dialling = false;
        _cancelled = false;
        _races = 0;
        UpdateIncomplete();
    }

    // Under _lock. The dial that was closed is over; messages that came since want another.
    KsockConn? EndCancelled()
    {
        EndDial();
        return _waitHead is null ? null : StartDial();
    }

    // Under _lock.
    void UpdateIncomplete() => _incomplete = _route && !_dialling && Missing() != SocklndConnectionType.NONE;

    // Under _lock.
    void Backoff()
    {
        TimeSpan doubled = _backoff * 2;
        _backoff = doubled < _lnd.Tunables.MinReconnect ? _lnd.Tunables.MinReconnect
            : doubled > _lnd.Tunables.MaxReconnect ? _lnd.Tunables.MaxReconnect : doubled;
        _retryAt = _lnd.Now + _lnd.Ticks(_backoff);
    }

    // Under _lock. Lost a race: the winner's connections are usually there before the pause is over.
    void RetryLater()
    {
        TimeSpan pause = _lnd.Tunables.MinReconnect;
        if (_retry is null)
            _retry = _lnd.Context.Clock.CreateTimer(
                static peer => ((KsockPeer)peer!).Retry(), this, pause, Timeout.InfiniteTimeSpan);
        else
            _retry.Change(pause, Timeout.InfiniteTimeSpan);
    }

    void Retry()
    {
        KsockConn? dial = null;
        using (_lock.Enter())
        {
            if (!_dialling || _dial is not null)
                return;
            dial = NextDial();
        }
        Launch(dial);
    }
}
