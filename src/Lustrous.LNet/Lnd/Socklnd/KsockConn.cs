using Lustrous.Idl.LNet;

namespace Lustrous.LNet.Lnd.Socklnd;

/// <summary>How far a connection has come.</summary>
enum KsockPhase
{
    /// <summary>Made, or dialled and not yet through.</summary>
    Connecting,
    /// <summary>Accepted; reading magic and version of the acceptor's request.</summary>
    RequestStart,
    /// <summary>Reading the NID that the request is for.</summary>
    RequestNid,
    /// <summary>Reading magic and version of the HELLO.</summary>
    HelloStart,
    HelloRest,
    /// <summary>Reading the addresses that old peers append to their HELLO.</summary>
    HelloAddresses,
    /// <summary>Carries messages.</summary>
    Open,
    Closed,
}

/// <summary>
/// One TCP connection to a peer (<c>struct ksock_conn</c>). Its scheduler's thread reads from it and closes it;
/// whoever sends writes to it, one at a time.
/// </summary>
sealed unsafe partial class KsockConn : KsockPollable
{
    public const int OpenCommand = 1, CloseCommand = 2, ResumeCommand = 4;

    readonly KsockLnd _lnd;
    int _fd = -1;
    SocketAddress _address;             // the peer's
    volatile KsockPhase _phase;
    volatile bool _closing;             // set under _txLock, never reset
    Errno _error;                       // why it closes; guarded by _txLock

    /// <summary>A connection to be dialled to <paramref name="peer"/>.</summary>
    public KsockConn(KsockLnd lnd, KsockSched sched, KsockPeer peer, SocklndConnectionType type)
        : base(sched)
    {
        _lnd = lnd;
        Net = peer.Net;
        Peer = peer;
        Type = type;
        Active = true;
        HandshakeDeadline = lnd.Now + lnd.Ticks(lnd.Tunables.Timeout);
    }

    /// <summary>A connection that somebody dialled to us.</summary>
    public KsockConn(KsockLnd lnd, KsockSched sched, int fd, in SocketAddress address)
        : base(sched)
    {
        _lnd = lnd;
        _fd = fd;
        _address = address;
        _phase = KsockPhase.RequestStart;
        HandshakeDeadline = lnd.Now + lnd.Ticks(lnd.Tunables.AcceptTimeout);
    }

    /// <summary>The interface it belongs to; of an accepted connection only known once the request was read.</summary>
    public KsockNet? Net { get; private set; }

    public KsockPeer? Peer { get; private set; }

    public SocklndConnectionType Type { get; private set; }

    /// <summary>Whether this side dialled.</summary>
    public bool Active { get; }

    /// <summary>Version of the HELLO that opened it; 4 and up carry headers with 20-byte NIDs.</summary>
    public int Version { get; private set; }

    public bool IsClosing => _closing;

    public long HandshakeDeadline { get; }

    public bool IsOpen => _phase == KsockPhase.Open;

    public System.Net.IPAddress RemoteAddress => _address.Address;

    public override string ToString() =>
        Peer is null ? _address.ToString() : $"{Peer.Nid} at {(_address.Length == 0 ? "?" : _address.ToString())}";

    /// <summary>
    /// Ends the connection; any thread, holding no lock of higher rank than the peer's. Later calls change nothing.
    /// </summary>
    public void Close(Errno error)
    {
        using (_txLock.Enter())
        {
            if (_closing)
                return;
            _error = error;
            _closing = true;
        }
        Sched.Post(this, CloseCommand);
    }

    public override void OnCommands(int commands)
    {
        if (_phase == KsockPhase.Closed)
            return;
        if ((commands & CloseCommand) != 0)
            Teardown();
        else if ((commands & OpenCommand) != 0)
            Start();
        else if ((commands & ResumeCommand) != 0)
            OnReadable();
    }

    public override void OnEvents(uint events)
    {
        if ((events & (Libc.EPOLLRDHUP | Libc.EPOLLHUP | Libc.EPOLLERR)) != 0)
            _hangup = true;
        if (_phase == KsockPhase.Connecting)
            OnConnected();
        if (_phase is > KsockPhase.Connecting and < KsockPhase.Open)
            ReadHandshake();
        else if (_phase == KsockPhase.Open)
        {
            if ((events & Libc.EPOLLOUT) != 0)
                OnWritable();
            OnReadable();
        }
    }

    // Dials, or begins to watch what was accepted.
    void Start()
    {
        if (Active)
        {
            Result<int> socket = KsockDialer.Dial(_lnd, Net!.Ni.Nid, Peer!.Nid, out _address);
            if (socket.Failed)
            {
                Fail(socket.Error, $"cannot dial: {socket.Error}");
                return;
            }
            _fd = socket.Value;
        }
        else
            _need = KsockWire.MagicVersionSize;
        Errno error = Sched.Watch(this, _fd);
        if (error != Errno.OK)
            Fail(error, $"cannot watch its socket: {error}");
    }

    // The peer does something wrong: closes this connection and, once it is open, its siblings.
    void Fail(Errno error, string why)
    {
        if (_closing)
            return;
        _lnd.Warn($"{this}: {why}");
        if (_phase == KsockPhase.Open)
            Peer!.CloseConnections(error);
        Close(error);
    }

    // The connection has ended. Its siblings may be of a new beginning of the peer's.
    void End(Errno error, string? why = null)
    {
        if (_closing)
            return;
        if (why is not null)
            _lnd.Warn($"{this}: {why}");
        if (_phase == KsockPhase.Open)
            Peer!.CloseFailed(this, error);
        Close(error);
    }

    // The end, on the scheduler's thread: nobody reads any more, and the last one who writes closes the socket.
    void Teardown()
    {
        bool wasOpen = _phase == KsockPhase.Open;
        _phase = KsockPhase.Closed;
        if (_fd >= 0)
            Sched.Unwatch(this, _fd);
        if (_receiving)
        {
            _receiving = false;
            _receive.Complete(_error);
        }
        bool idle;
        using (_txLock.Enter())
        {
            _dead = true;
            idle = !_flushing || !wasOpen;
            _flushing |= idle;      // taken: CloseSending runs once
        }
        if (idle)
            CloseSending();
        _lnd.Forget(this, wasOpen);
        if (Active && !wasOpen)
            Peer!.DialFailed(this, _error);
    }
}
