using Lustrous.Idl.LNet;

namespace Lustrous.LNet.Lnd.Socklnd;

/// <summary>
/// A peer on one of our interfaces (<c>struct ksock_peer_ni</c>): its connections, whoever dialled them, and the
/// messages that wait for the first. Dialling is in KsockPeer.Dial.cs.
/// </summary>
sealed partial class KsockPeer
{
    readonly KsockLnd _lnd;
    readonly RankedLock _lock = new(42, "ksnp_lock");
    volatile KsockConn[] _connections = [];     // replaced as a whole under _lock, read without
    ulong _incarnation;                         // guarded by _lock; of the connections there are
    LNetMessage? _waitHead, _waitTail;          // guarded by _lock: messages that wait for a connection
    int _waiting;                               // guarded by _lock
    bool _removed;                              // guarded by _lock: no longer in the interface's table
    int _announce;                              // there is a connection where there was none, and LNet does not know
    long _posts;
    long _nextKeepalive;                        // ticks; the timer's

    public KsockPeer(KsockLnd lnd, KsockNet net, Nid nid)
    {
        _lnd = lnd;
        Net = net;
        Nid = nid;
        _version = nid.IsNid4 ? KsockWire.Version3 : KsockWire.Version4;
    }

    public KsockNet Net { get; }

    public Nid Nid { get; }

    /// <summary>Whether some connection is not read from because of <see cref="IsBacklogged"/>.</summary>
    public volatile bool HasPausedReaders;

    /// <summary>Whether so many messages wait to be sent that none should be read that would cause more.</summary>
    public bool IsBacklogged => QueuedMessages >= _lnd.Tunables.MaxQueuedMessages / 2;

    int QueuedMessages
    {
        get
        {
            int sum = 0;
            foreach (KsockConn conn in _connections)
                sum += conn.QueuedMessages;
            return sum;
        }
    }

    /// <summary>Takes a message; completes it itself where it cannot go.</summary>
    /// <returns>False: the peer was removed meanwhile, find it anew.</returns>
    public bool Send(LNetMessage message)
    {
        // A connection may close between the choice and the sending; then it is out of the list already.
        Errno error = Errno.ESHUTDOWN;
        for (int attempt = 0; attempt < 4 && error == Errno.ESHUTDOWN; attempt++)
        {
            bool easy = attempt == 0 && !_incomplete;
            if (easy && Select(message) is { } conn)
                error = conn.Send(message);
            else if (!SendOrDial(message, out error))
                return false;
        }
        if (error != Errno.OK)
            message.Complete(error);
        return true;
    }

    /// <summary>Adds a connection that the peer dialled. False: it must dial again later.</summary>
    /// <param name="removed">The peer is out of the table: find or make another.</param>
    /// <remarks>Source: ksocknal_create_conn in socklnd.c.</remarks>
    public bool Accept(KsockConn conn, in KsockHello hello, out bool removed)
    {
        KsockConn[] stale = [];
        bool accepted = false;
        using (_lock.Enter())
        {
            removed = _removed;
            if (removed || LosesRace())
                return false;
            bool other = _connections.Length > 0 && _incarnation != hello.SourceIncarnation;
            if (other)
            {
                // The peer was restarted: what its former life sent must not be read any more.
                stale = _connections;
                _connections = [];
            }
            // A step back in time cannot be told from a HELLO that was long under way: then it must dial once more.
            if (!(other && hello.SourceIncarnation < _incarnation) && !IsDuplicate(conn.Type))
            {
                Add(conn, hello.SourceIncarnation);
                accepted = true;
            }
        }
        foreach (KsockConn old in stale)
            old.Close(Errno.ECONNRESET);
        return accepted;
    }

    /// <summary>Tells LNet that there is a connection, if it is the first.</summary>
    public void NotifyAlive()
    {
        if (Interlocked.Exchange(ref _announce, 0) != 0)
            Net.Ni.Upcalls.NotifyPeer(Net.Ni, Nid, alive: true);
    }

    /// <summary>
    /// Closes every connection, whose messages and those that wait end with <paramref name="error"/>; also a dial
    /// under way when <paramref name="dialToo"/>. Any thread, no lock held.
    /// </summary>
    public void CloseConnections(Errno error, bool dialToo = false) => CloseConnections(error, null, dialToo);

    /// <summary>Closes one connection that failed. Others are left to their own fate: they may be of a new beginning
    /// of the peer's, and what came on them is not to be lost.</summary>
    public void CloseFailed(KsockConn failed, Errno error) => CloseConnections(error, failed, dialToo: false);

    void CloseConnections(Errno error, KsockConn? only, bool dialToo)
    {
        KsockConn[] closed;
        KsockConn? dial = null;
        LNetMessage? waiting = null;
        bool dead;
        using (_lock.Enter())
        {
            if (only is not null && !_connections.Contains(only))
                return;
            closed = only is null ? _connections : [only];
            _connections = [.. _connections.Except(closed)];
            _satisfied = false;
            if (dialToo)
            {
                dial = _dial;
                _cancelled = dial is not null;
                _dialling = dial is not null;
                waiting = TakeWaiting();
            }
            else if (_connections.Length == 0 && !_dialling)
                waiting = TakeWaiting();
            dead = closed.Length > 0 && _connections.Length == 0 && !_dialling;
            UpdateIncomplete();
            RemoveIfIdle();
        }
        foreach (KsockConn conn in closed)
            conn.Close(error);
        dial?.Close(error);
        KsockConn.Complete(waiting, error);
        if (dead)
            Net.Ni.Upcalls.NotifyPeer(Net.Ni, Nid, alive: false);
    }

    public void ResumeReaders()
    {
        if (IsBacklogged)
            return;
        HasPausedReaders = false;
        foreach (KsockConn conn in _connections)
            conn.Resume();
    }

    /// <summary>Once a second: what died, what waited too long, whom to ask whether it lives.</summary>
    public void Tick(long now)
    {
        if (HasPausedReaders)
            ResumeReaders();
        ExpireWaiting(now);
        ForgetUnreachable(now);
        long timeout = _lnd.Ticks(_lnd.Tunables.Timeout);
        long lastHeard = long.MinValue;
        KsockConn? asker = null;
        foreach (KsockConn conn in _connections)
        {
            if (!conn.IsOpen)
                continue;
            if (conn.IsStuck(now) || (conn.IsMidMessage && !conn.IsPaused && now >= conn.LastHeard + timeout))
            {
                _lnd.Warn($"{conn}: no progress for {_lnd.Tunables.Timeout.TotalSeconds:0} s, closing");
                CloseConnections(Errno.ETIMEDOUT);
                return;
            }
            lastHeard = Math.Max(lastHeard, conn.LastHeard);
            // Acks and keepalives go against the stream of bulk (SOCKLND_CONN_ACK).
            if (conn.Version > KsockWire.Version2 && (asker is null || conn.Type == SocklndConnectionType.BULK_IN))
                asker = conn;
        }
        long keepalive = _lnd.Ticks(_lnd.Tunables.Keepalive);
        if (asker is null || keepalive <= 0 || now < lastHeard + keepalive || now < _nextKeepalive)
            return;
        _nextKeepalive = now + _lnd.Ticks(TimeSpan.FromSeconds(10));
        asker.SendKeepalive();
    }

    // The connection of the right type with the least to send (ksocknal_find_conn_locked).
    KsockConn? Select(LNetMessage message)
    {
        bool bulk = KsockWire.PrefixSize + LNetHeader.Nid4Size + message.PayloadLength >= _lnd.Tunables.MinBulkBytes;
        KsockConn? best = null;
        bool bestFits = false;
        foreach (KsockConn conn in _connections)
        {
            // Peers of version 3 want nothing but acks on the connection of their own bulk.
            if (conn.Type == SocklndConnectionType.BULK_IN && conn.Version > KsockWire.Version2)
                continue;
            bool fits = conn.Type == SocklndConnectionType.ANY || conn.Type == SocklndConnectionType.BULK_OUT == bulk;
            if (best is null || (fits && !bestFits) || (fits == bestFits && IsFreer(conn, best)))
                (best, bestFits) = (conn, fits);
        }
        if (best is not null)
            best.LastPost = ++_posts;   // a lost update only makes the rotation uneven
        return best;
    }

    static bool IsFreer(KsockConn a, KsockConn b)
    {
        long difference = a.QueuedBytes - b.QueuedBytes;
        return difference < 0 || (difference == 0 && a.LastPost < b.LastPost);
    }

    // Under _lock.
    void Add(KsockConn conn, ulong incarnation)
    {
        _incarnation = incarnation;
        if (_connections.Length == 0)
            _announce = 1;
        _connections = [conn, .. _connections];
        UpdateIncomplete();
        if (conn.Type != SocklndConnectionType.BULK_IN || conn.Version <= KsockWire.Version2)
            conn.Adopt(TakeWaiting());
    }

    // Under _lock. A peer that we do not dial may open as many as it likes, within reason: it knows its network.
    bool IsDuplicate(SocklndConnectionType type)
    {
        if (Nid == Net.Ni.Nid)
            return false;   // both ends of each connection are in this list
        return Count(type) >= (_route ? _lnd.Tunables.ConnsPerPeer : Math.Max(_lnd.Tunables.ConnsPerPeer, MaxAccepted));
    }

    int Count(SocklndConnectionType type)
    {
        int count = 0;
        foreach (KsockConn conn in _connections)
        {
            if (conn.Type == type)
                count++;
        }
        return count;
    }

    // Under _lock.
    bool Wait(LNetMessage message)
    {
        if (_waiting >= _lnd.Tunables.MaxQueuedMessages)
            return false;
        message.NextQueued = null;
        message.DriverState = _lnd.Now + _lnd.Ticks(_lnd.Tunables.Timeout);
        if (_waitTail is null)
            _waitHead = message;
        else
            _waitTail.NextQueued = message;
        _waitTail = message;
        _waiting++;
        return true;
    }

    // Under _lock.
    LNetMessage? TakeWaiting()
    {
        LNetMessage? head = _waitHead;
        _waitHead = _waitTail = null;
        _waiting = 0;
        return head;
    }

    void ExpireWaiting(long now)
    {
        LNetMessage? expired = null;
        using (_lock.Enter())
        {
            if (_waitHead is null || now < _waitHead.DriverState)
                return;
            expired = _waitHead;
            LNetMessage last = expired;
            _waiting--;
            while (last.NextQueued is { } next && now >= next.DriverState)
            {
                last = next;
                _waiting--;
            }
            _waitHead = last.NextQueued;
            if (_waitHead is null)
                _waitTail = null;
            last.NextQueued = null;
        }
        KsockConn.Complete(expired, Errno.ETIMEDOUT);
    }

    // Whoever makes us dial addresses that do not exist must not fill the table with them. Not before the longest pause
    // between dials, so that a peer we still want keeps its pauses.
    void ForgetUnreachable(long now)
    {
        using (_lock.Enter())
        {
            if (_removed || !_route || _dialling || _connections.Length > 0 || _waitHead is not null
                || _backoff == TimeSpan.Zero || now < _retryAt + _lnd.Ticks(_lnd.Tunables.MaxReconnect))
                return;
            _removed = true;
            Net.Remove(this);
        }
        _retry?.Dispose();
    }

    // Under _lock. Peers that we never dialled are forgotten with their last connection.
    void RemoveIfIdle()
    {
        if (_removed || _route || _dialling || _connections.Length > 0)
            return;
        _removed = true;
        Net.Remove(this);
    }
}
