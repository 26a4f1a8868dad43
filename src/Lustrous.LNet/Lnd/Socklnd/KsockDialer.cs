using System.Net;
using Lustrous.Idl.LNet;

namespace Lustrous.LNet.Lnd.Socklnd;

/// <summary>
/// Makes sockets as ksocklnd does: dialled from a reserved port where possible, tuned, never blocking.
/// </summary>
/// <remarks>Source: lnet/lnet/acceptor.c (lnet_connect), lnet/klnds/socklnd/socklnd_lib.c
/// (ksocknal_lib_setup_sock).</remarks>
static class KsockDialer
{
    const int MaxReservedPort = 1023, MinReservedPort = 512;

    /// <summary>Begins to connect from <paramref name="self"/> to <paramref name="peer"/>.</summary>
    /// <returns>The socket, not yet connected; or EADDRINUSE when no reserved port is free, or connect's own
    /// error.</returns>
    public static Result<int> Dial(KsockLnd lnd, Nid self, Nid peer, out SocketAddress target)
    {
        target = new SocketAddress(AddressOf(lnd.Tunables, peer), lnd.PortTo(peer));
        if (lnd.MayUseReservedPorts)
        {
            for (int port = MaxReservedPort; port >= MinReservedPort; port--)
            {
                Result<int> socket = DialFrom(lnd.Tunables, self, port, ref target);
                if (!socket.Failed || socket.Error is not (Errno.EADDRINUSE or Errno.EADDRNOTAVAIL or Errno.EACCES))
                    return socket;
                if (socket.Error == Errno.EACCES)
                {
                    lnd.RefuseReservedPorts();
                    break;
                }
            }
            if (lnd.MayUseReservedPorts)
                lnd.Warn($"{peer}: no reserved port is free to dial from");
        }
        return DialFrom(lnd.Tunables, self, 0, ref target);
    }

    public static Result<int> Listen(KsockTunables tunables, Nid self)
    {
        SocketAddress local = new(AddressOf(tunables, self), tunables.AcceptPort);
        Result<int> socket = Create(local.Family);
        if (socket.Failed)
            return socket;
        int fd = socket.Value;
        if (local.Family == Libc.AF_INET6)
            Libc.SetOption(fd, Libc.IPPROTO_IPV6, Libc.IPV6_V6ONLY, 1);
        Unpace(fd);     // whom it accepts inherits that, and it must be so from their beginning
        if (local.Bind(fd) < 0 || Libc.listen(fd, tunables.AcceptBacklog) < 0)
            return Abandon(fd);
        return fd;
    }

    /// <summary>The machine's choice for connections to others; empty where it does not tell.</summary>
    public static unsafe byte[] SystemsCongestion()
    {
        const int maxName = 16;     // TCP_CA_NAME_MAX
        byte* name = stackalloc byte[maxName];
        int length = maxName;
        Result<int> socket = Create(Libc.AF_INET);
        if (socket.Failed)
            return [];
        bool isTold = Libc.getsockopt(socket.Value, Libc.IPPROTO_TCP, Libc.TCP_CONGESTION, name, &length) == 0;
        _ = Libc.close(socket.Value);
        return isTold ? new ReadOnlySpan<byte>(name, length).TrimEnd((byte)0).ToArray() : [];
    }

    /// <summary>Options of a connection that carries messages.</summary>
    public static void Tune(int fd, KsockTunables tunables)
    {
        if (!tunables.Nagle)
            Libc.SetOption(fd, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 1);
        if (tunables.TxBufferBytes > 0)
            Libc.SetOption(fd, Libc.SOL_SOCKET, Libc.SO_SNDBUF, tunables.TxBufferBytes);
        if (tunables.RxBufferBytes > 0)
            Libc.SetOption(fd, Libc.SOL_SOCKET, Libc.SO_RCVBUF, tunables.RxBufferBytes);
        // What ksocklnd watches in sk_wmem_queued: bytes that nobody acknowledges end the connection.
        Libc.SetOption(fd, Libc.IPPROTO_TCP, Libc.TCP_USER_TIMEOUT, (int)tunables.Timeout.TotalMilliseconds);
        bool keepalive = tunables is { KeepaliveIdleSeconds: > 0, KeepaliveCount: > 0, KeepaliveIntervalSeconds: > 0 };
        Libc.SetOption(fd, Libc.SOL_SOCKET, Libc.SO_KEEPALIVE, keepalive ? 1 : 0);
        if (!keepalive)
            return;
        Libc.SetOption(fd, Libc.IPPROTO_TCP, Libc.TCP_KEEPIDLE, tunables.KeepaliveIdleSeconds);
        Libc.SetOption(fd, Libc.IPPROTO_TCP, Libc.TCP_KEEPINTVL, tunables.KeepaliveIntervalSeconds);
        Libc.SetOption(fd, Libc.IPPROTO_TCP, Libc.TCP_KEEPCNT, tunables.KeepaliveCount);
    }

    /// <summary>
    /// Takes pacing away from a connection inside one machine, before it is established: where BBR is the machine's
    /// choice, its timers cost loopback half of the rate. Reno is there, and allowed to everybody, on every Linux.
    /// </summary>
    public static void Unpace(int fd) => Libc.SetOption(fd, Libc.IPPROTO_TCP, Libc.TCP_CONGESTION, "reno"u8);

    static Result<int> DialFrom(KsockTunables tunables, Nid self, int port, ref SocketAddress target)
    {
        Result<int> socket = Create(target.Family);
        if (socket.Failed)
            return socket;
        int fd = socket.Value;
        SocketAddress local = new(AddressOf(tunables, self), port);
        if (local.Bind(fd) < 0)
            return Abandon(fd);
        if (SocketAddress.AreOnOneHost(local, target))
            Unpace(fd);
        if (target.Connect(fd) < 0 && Libc.LastError != Errno.EINPROGRESS)
            return Abandon(fd);
        return fd;
    }

    static IPAddress AddressOf(KsockTunables tunables, Nid nid) => tunables.AddressOf?.Invoke(nid) ?? nid.ToIPAddress();

    static Result<int> Create(int family)
    {
        int fd = Libc.socket(family, Libc.SOCK_STREAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0);
        if (fd < 0)
            return Libc.LastError;
        Libc.SetOption(fd, Libc.SOL_SOCKET, Libc.SO_REUSEADDR, 1);
        return fd;
    }

    static Result<int> Abandon(int fd)
    {
        Errno error = Libc.LastError;
        _ = Libc.close(fd);
        return error;
    }
}
