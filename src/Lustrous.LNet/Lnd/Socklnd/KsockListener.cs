namespace Lustrous.LNet.Lnd.Socklnd;

/// <summary>
/// The acceptor of one interface (<c>lnet_acceptor</c>). What it accepts says itself which of our NIDs it wants.
/// </summary>
sealed class KsockListener(KsockLnd lnd, KsockSched sched, int fd) : KsockPollable(sched)
{
    public const int OpenCommand = 1, CloseCommand = 2;

    const int MaxReservedPort = 1023;
    const int TurnConnections = 64;

    bool _closed;

    /// <summary>The port it listens on.</summary>
    public int Port { get; } = PortOf(fd);

    public override void OnEvents(uint events) => OnTurn();

    public override void OnTurn()
    {
        for (int i = 0; i < TurnConnections; i++)
        {
            SocketAddress address = SocketAddress.Empty;
            int accepted = address.Accept(fd);
            if (accepted < 0)
            {
                // EMFILE and the like: what waits is taken with the next event.
                if (Libc.LastError is not (Errno.EAGAIN or Errno.ECONNABORTED or Errno.EINTR))
                    lnd.Warn($"cannot accept: {Libc.LastError}");
                if (Libc.LastError is not (Errno.ECONNABORTED or Errno.EINTR))
                    return;
                continue;
            }
            Take(accepted, address);
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
        }
        else if (Sched.Watch(this, fd) is var error and not Errno.OK)
            lnd.Warn($"cannot watch the acceptor's socket: {error}");
    }

    void Take(int accepted, in SocketAddress address)
    {
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
