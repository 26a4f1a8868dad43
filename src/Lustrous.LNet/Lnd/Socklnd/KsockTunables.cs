using System.Net;
using Lustrous.Idl.LNet;

namespace Lustrous.LNet.Lnd.Socklnd;

/// <summary>Whose connections the acceptor takes (module parameter <c>accept</c>).</summary>
public enum AcceptMode
{
    /// <summary>Everybody's.</summary>
    All,

    /// <summary>Only those from source ports below 1024, which need privilege to bind (the kernel's
    /// default).</summary>
    Secure,

    /// <summary>Nobody's: this node only dials.</summary>
    None,
}

/// <summary>
/// What can be set of the TCP driver, with ksocklnd's names and defaults (<c>struct ksock_tunables</c>).
/// </summary>
public sealed record KsockTunables
{
    /// <summary>
    /// Port the acceptor listens on (<c>accept_port</c>); 0 takes a free one, see <see cref="KsockLnd.PortOf"/>.
    /// </summary>
    public int AcceptPort { get; init; } = 988;

    /// <summary>
    /// Port to dial for a peer; without it <see cref="AcceptPort"/>, which is the same in a whole network.
    /// </summary>
    public Func<Nid, int>? PeerPort { get; init; }

    /// <summary>
    /// Where a NID, ours or a peer's, is to be found when that is not the address in it: behind a translated
    /// address, or several
    /// nodes that share one and differ by port.
    /// </summary>
    public Func<Nid, IPAddress>? AddressOf { get; init; }

    public AcceptMode Accept { get; init; } = AcceptMode.All;

    /// <summary><c>accept_backlog</c></summary>
    public int AcceptBacklog { get; init; } = 127;

    /// <summary>How long a dialling peer may take to say who it is (<c>accept_timeout</c>).</summary>
    public TimeSpan AcceptTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Dials from ports 1023 down to 512 where the process may, as kernel peers with <c>accept=secure</c> demand.
    /// </summary>
    public bool ReservedPorts { get; init; } = true;

    /// <summary>Reactor threads (<c>nscheds</c>); 0 is one for each core.</summary>
    public int Schedulers { get; init; }

    /// <summary>Connections of each type to a peer that this node dials (<c>conns_per_peer</c>).</summary>
    public int ConnsPerPeer { get; init; } = 1;

    /// <summary>Messages of this size and above prefer a bulk connection (<c>min_bulk</c>).</summary>
    public int MinBulkBytes { get; init; } = 1024;

    /// <summary>Time without progress after which a peer counts as dead (<c>sock_timeout</c>).</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(50);

    /// <summary>First pause after a failed or lost dial (<c>min_reconnectms</c>).</summary>
    public TimeSpan MinReconnect { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest pause, which doubling reaches (<c>max_reconnectms</c>).</summary>
    public TimeSpan MaxReconnect { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Silence after which a NOOP asks whether the peer lives (<c>keepalive</c>); zero for never.</summary>
    public TimeSpan Keepalive { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// TCP's own keepalive: seconds idle before the first probe; 0 turns it off (<c>keepalive_idle</c>).
    /// </summary>
    public int KeepaliveIdleSeconds { get; init; } = 30;

    /// <summary>Unanswered probes that end a connection (<c>keepalive_count</c>).</summary>
    public int KeepaliveCount { get; init; } = 5;

    /// <summary>Seconds between probes (<c>keepalive_intvl</c>).</summary>
    public int KeepaliveIntervalSeconds { get; init; } = 5;

    /// <summary>Socket send buffer; 0 leaves it to the kernel's tuning (<c>tx_buffer_size</c>).</summary>
    public int TxBufferBytes { get; init; }

    /// <summary>Socket receive buffer; 0 leaves it to the kernel's tuning (<c>rx_buffer_size</c>).</summary>
    public int RxBufferBytes { get; init; }

    /// <summary>Lets TCP hold small messages back (<c>nagle</c>).</summary>
    public bool Nagle { get; init; }

    /// <summary>Acknowledges each segment at once (<c>eager_ack</c>).</summary>
    public bool EagerAck { get; init; }

    /// <summary>Sends checksums of payloads (<c>enable_csum</c>); those received are always verified.</summary>
    public bool EnableChecksum { get; init; }

    /// <summary>How long a reactor polls before it sleeps. Only worth it with cores to spare.</summary>
    public int SpinMicroseconds { get; init; }

    /// <summary>Accepted connections that may be without a finished HELLO at a time; more are closed at
    /// once.</summary>
    public int MaxHalfOpen { get; init; } = 256;

    /// <summary>Of one address, so that there is room for the others.</summary>
    public int MaxHalfOpenPerAddress { get; init; } = 64;

    /// <summary>Accepted connections of one address; more are closed at once.</summary>
    public int MaxConnectionsPerAddress { get; init; } = 1024;

    /// <summary>
    /// Messages that wait for one peer; more fail with ENOBUFS. At half of it the peer is no longer read from; what
    /// one read brings (some 1,400 small requests) may still be answered, so it is not to be much smaller.
    /// </summary>
    public int MaxQueuedMessages { get; init; } = 16384;
}
