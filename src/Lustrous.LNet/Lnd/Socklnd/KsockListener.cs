namespace Lustrous.LNet.Lnd.Socklnd;

/// <summary>
/// The acceptor of one interface (<c>lnet_acceptor</c>). What it accepts says itself which of our NIDs it wants.
/// </summary>
sealed class KsockListener(KsockLnd lnd, KsockSched sched, int fd) : KsockPollable(sched)
{
    public const int OpenCommand = 1, CloseCommand = 2, ResumeCommand = 4;

    /// <summary>A fail point of ours: accept finds no free descriptor.</summary>
    internal const uint FailAccept = 0xE700;

    const int MaxReservedPort = 1023;
    const int TurnConnections = 64;

    readonly byte[] _systemsCongestion = KsockDialer.SystemsCongestion();

    bool _closed;
    volatile bool _isStarved;

    /// <summary>The port it listens on.</summary>
    public int Port { get; } = PortOf(fd);

    /// <summary>
    /// The machine had no room for what waits in the backlog. No event will tell of it again (edge-triggered), so the
    /// driver's clock resumes it.
    /// </summary>
    public bool IsStarved => _isStarved;

    public override void OnEvents(uint events) => OnTurn();

    public override void OnTurn()
    {
        for (int i = 0; i < TurnConnections; i++)
        {
            SocketAddress address = SocketAddress.Empty;
            bool fails = lnd.Context.FailPoints.Check(FailAccept);
            int accepted = fails ? -1 : address.Accept(fd);
            if (accepted >= 0)
            {
                _isStarved = false;
                Take(accepted, address);
                continue;
            }
            Errno error = fails ? Errno.EMFILE : Libc.LastError;
            if (error == Errno.EAGAIN)
            {
                _isStarved = false;
                return;
            }
            if (error is Errno.EMFILE or Errno.ENFILE or Errno.ENOBUFS or Errno.ENOMEM)
            {
                if (!_isStarved)
                    lnd.Warn($"cannot accept: {error}; trying again every second");
                _isStarved = true;
                return;
            }
            // Anything else is an error of the one connection that was accepted (accept(2)): the next may be well.
        }
        Sched.RunAgain(this);
    }

    public override void OnCommands(int commands)
    {
        if ((commands & CloseCommand) != 0)
        {
            if (_closed)
                return;
            _closed = true;
            Sched.Unwatch(this, fd);
            _ = Libc.close(fd);
            return;
        }
        if ((commands & OpenCommand) != 0 && Sched.Watch(this, fd) is var error and not Errno.OK)
            lnd.Warn($"cannot watch the acceptor's socket: {error}");
        if ((commands & ResumeCommand) != 0 && !_closed)
            OnTurn();
    }

    void Take(int accepted, in SocketAddress address)
    {
        SocketAddress local = SocketAddress.Empty;
        if (local.ReadLocal(accepted) < 0 || !SocketAddress.AreOnOneHost(address, local))
            Libc.SetOption(accepted, Libc.IPPROTO_TCP, Libc.TCP_CONGESTION, _systemsCongestion);
        string? refusal = null;
        if (lnd.Tunables.Accept == AcceptMode.Secure && address.Port > MaxReservedPort)
            refusal = "insecure port";
        KsockConn conn = new(lnd, lnd.NextSched(), accepted, address);
        if (refusal is null && !lnd.Register(conn))
            refusal = "too many connections";
        if (refusal is null)
        {
            conn.Sched.Post(conn, KsockConn.OpenCommand);
            return;
        }
        lnd.Warn($"{address}: refused: {refusal}");
        _ = Libc.close(accepted);
    }

    static int PortOf(int fd)
    {
        SocketAddress address = SocketAddress.Empty;
        return address.ReadLocal(fd) < 0 ? 0 : address.Port;
    }
}
