using System.Net;
using Lustrous.Idl.LNet;

namespace Lustrous.LNet.Lnd.Socklnd;

/// <summary>
/// LNet over TCP as kernel peers speak it (ksocklnd): acceptor, HELLO, typed connections. Reactor threads carry
/// everything; nothing else runs but a timer once a second.
/// </summary>
public sealed class KsockLnd : ILnd
{
    static readonly TimeSpan TickPeriod = TimeSpan.FromSeconds(1);

    readonly RankedLock _lock = new(41, "ksnd_lock");
    readonly HashSet<KsockConn> _connections = [];                  // guarded by _lock; half-open ones too
    readonly Dictionary<IPAddress, int> _accepted = [];             // guarded by _lock: connections by remote address
    readonly Dictionary<IPAddress, int> _halfOpenHere = [];         // guarded by _lock: the same, without HELLO
    readonly LogLimiter _logLimit;
    int _halfOpen;                                                  // guarded by _lock: accepted, without HELLO
    volatile KsockNet[] _nets = [];                                 // replaced as a whole under _lock
    volatile KsockSched[] _scheds = [];                             // the same
    ITimer? _timer;
    int _nextSched;
    volatile bool _shuttingDown;
    volatile bool _noReservedPorts;
    long _now;

    public KsockLnd(NodeContext context, KsockTunables? tunables = null)
    {
        Context = context;
        Tunables = tunables ?? new KsockTunables();
        _logLimit = new LogLimiter(context, "socklnd");
        _noReservedPorts = !Tunables.ReservedPorts;
        _now = context.Clock.GetTimestamp();
    }

    public LNetType Type => LNetType.Tcp;

    public KsockTunables Tunables { get; }

    internal NodeContext Context { get; }

    /// <summary>The clock's time stamp, up to a second old: deadlines need no better, and messages no clock.</summary>
    internal long Now => Volatile.Read(ref _now);

    internal bool IsShuttingDown => _shuttingDown;

    internal bool MayUseReservedPorts => !_noReservedPorts;

    /// <summary>The reactor that the caller runs on, if it is one of ours.</summary>
    internal KsockSched? CurrentSched
    {
        get
        {
            foreach (KsockSched sched in _scheds)
            {
                if (sched.IsCurrent)
                    return sched;
            }
            return null;
        }
    }

    public ValueTask<Errno> StartupAsync(LNetInterface ni, CancellationToken cancel)
    {
        if (_shuttingDown)
            return new(Errno.ESHUTDOWN);
        Errno error = StartScheds();
        if (error != Errno.OK)
            return new(error);
        long unixNanoseconds = (Context.Clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        KsockNet net = new(this, ni, (ulong)unixNanoseconds);
        if (Tunables.Accept != AcceptMode.None)
        {
            Result<int> socket = KsockDialer.Listen(Tunables, ni.Nid);
            if (socket.Failed)
                return new(socket.Error);
            net.Listener = new KsockListener(this, NextSched(), socket.Value);
        }
        using (_lock.Enter())
            _nets = [.. _nets, net];
        net.Listener?.Sched.Post(net.Listener, KsockListener.OpenCommand);
        return new(Errno.OK);
    }

    /// <summary>The port that <paramref name="ni"/>'s acceptor listens on; 0 when it has none.</summary>
    public int PortOf(LNetInterface ni) => NetOf(ni)?.Listener?.Port ?? 0;

    public void Send(LNetMessage message)
    {
        KsockNet? net = NetOf(message.Interface);
        if (net is null || _shuttingDown)
            message.Complete(Errno.ESHUTDOWN);
        else if (message.NextHop.Type != LNetType.Tcp || message.NextHop.AddressFamily != net.Ni.Nid.AddressFamily)
            message.Complete(Errno.EHOSTUNREACH);
        else
            net.Send(message);
    }

    public void ClosePeer(LNetInterface ni, Nid peer) => NetOf(ni)?.ClosePeer(peer);

    public async ValueTask DisposeAsync()
    {
        if (_shuttingDown)
            return;
        _shuttingDown = true;
        if (_timer is { } timer)
            await timer.DisposeAsync();
        KsockConn[] connections;
        using (_lock.Enter())
            connections = [.. _connections];
        foreach (KsockNet net in _nets)
        {
            net.Listener?.Sched.Post(net.Listener, KsockListener.CloseCommand);
            foreach (KsockPeer peer in net.Peers)
                peer.Dispose();
        }
        foreach (KsockConn conn in connections)
            conn.Close(Errno.ESHUTDOWN);
        foreach (KsockSched sched in _scheds)
            sched.Stop();
        foreach (KsockSched sched in _scheds)
            await sched.Ended;
    }

    internal long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Context.Clock.TimestampFrequency);

    internal int PortTo(Nid peer) => Tunables.PeerPort?.Invoke(peer) ?? Tunables.AcceptPort;

    internal void RefuseReservedPorts() => _noReservedPorts = true;

    internal KsockSched NextSched()
    {
        KsockSched[] scheds = _scheds;
        return scheds[(int)((uint)Interlocked.Increment(ref _nextSched) % (uint)scheds.Length)];
    }

    internal KsockNet? FindNet(Nid nid)
    {
        foreach (KsockNet net in _nets)
        {
            if (net.Ni.Nid == nid)
                return net;
        }
        return null;
    }

    /// <summary>Counts a new connection; false when there are too many, or none is wanted any more.</summary>
    internal bool Register(KsockConn conn)
    {
        using (_lock.Enter())
        {
            if (_shuttingDown)
                return false;
            if (!conn.Active)
            {
                int here = _accepted.GetValueOrDefault(conn.RemoteAddress);
                int halfOpenHere = _halfOpenHere.GetValueOrDefault(conn.RemoteAddress);
                // One address may not take the places of all that want to say HELLO.
                if (here >= Tunables.MaxConnectionsPerAddress || _halfOpen >= Tunables.MaxHalfOpen
                    || halfOpenHere >= Tunables.MaxHalfOpenPerAddress)
                    return false;
                _accepted[conn.RemoteAddress] = here + 1;
                _halfOpenHere[conn.RemoteAddress] = halfOpenHere + 1;
                _halfOpen++;
            }
            _connections.Add(conn);
            return true;
        }
    }

    /// <summary>An accepted connection has said who it is.</summary>
    internal void HandshakeDone(KsockConn conn)
    {
        using (_lock.Enter())
            EndHalfOpen(conn);
    }

    // Under _lock.
    void EndHalfOpen(KsockConn conn)
    {
        _halfOpen--;
        if (--_halfOpenHere[conn.RemoteAddress] == 0)
            _halfOpenHere.Remove(conn.RemoteAddress);
    }

    internal void Forget(KsockConn conn, bool wasOpen)
    {
        using (_lock.Enter())
        {
            if (!_connections.Remove(conn) || conn.Active)
                return;
            if (!wasOpen)
                EndHalfOpen(conn);
            if (--_accepted[conn.RemoteAddress] == 0)
                _accepted.Remove(conn.RemoteAddress);
        }
    }

    internal void Warn(string message) => _logLimit.Write(LogLevel.Warning, message);

    KsockNet? NetOf(LNetInterface ni)
    {
        foreach (KsockNet net in _nets)
        {
            if (net.Ni == ni)
                return net;
        }
        return null;
    }

    Errno StartScheds()
    {
        if (_scheds.Length > 0)
            return Errno.OK;
        int count = Tunables.Schedulers > 0 ? Tunables.Schedulers : Environment.ProcessorCount;
        List<KsockSched> scheds = [];
        for (int i = 0; i < count; i++)
        {
            Result<KsockSched> sched = KsockSched.Start(Context, Tunables, i);
            if (sched.Failed)
            {
                foreach (KsockSched started in scheds)
                    started.Stop();
                return sched.Error;
            }
            scheds.Add(sched.Value);
        }
        _scheds = [.. scheds];
        _timer = Context.Clock.CreateTimer(static lnd => ((KsockLnd)lnd!).Tick(), this, TickPeriod, TickPeriod);
        return Errno.OK;
    }

    void Tick()
    {
        long now = Context.Clock.GetTimestamp();
        Volatile.Write(ref _now, now);
        List<KsockConn> late = [];
        using (_lock.Enter())
        {
            foreach (KsockConn conn in _connections)
            {
                if (!conn.IsOpen && now >= conn.HandshakeDeadline)
                    late.Add(conn);
            }
        }
        foreach (KsockConn conn in late)
        {
            Warn($"{conn}: no HELLO in time");
            conn.Close(Errno.ETIMEDOUT);
        }
        foreach (KsockNet net in _nets)
        {
            if (net.Listener is { IsStarved: true } listener)
                listener.Sched.Post(listener, KsockListener.ResumeCommand);
            foreach (KsockPeer peer in net.Peers)
                peer.Tick(now);
        }
    }
}
