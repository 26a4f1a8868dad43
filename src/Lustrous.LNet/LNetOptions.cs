using Lustrous.Idl.LNet;

namespace Lustrous.LNet;

/// <summary>Settings of one node's LNet; the defaults are Lustre's module parameters where it has one.</summary>
public sealed record LNetOptions
{
    /// <summary>Our pid on the wire.</summary>
    public uint Pid { get; init; } = LNetProcessId.LustrePid;

    /// <summary>
    /// What we tell whoever pings us. Without MULTI_RAIL and DISCOVERY peers never push; with both, pushes are taken
    /// and acknowledged. LARGE_ADDR and PRIMARY_LARGE are added where our NIDs need them.
    /// </summary>
    public PingFeatures Features { get; init; } =
        PingFeatures.BASE | PingFeatures.NI_STATUS | PingFeatures.RTE_DISABLED;

    /// <summary>Ping a peer and learn its other NIDs before the first message to it is sent.</summary>
    public bool DiscoverPeers { get; init; }

    /// <summary>
    /// How long a GET, or a PUT with ACK, may wait for its response (<c>lnet_transaction_timeout</c>).
    /// </summary>
    public TimeSpan TransactionTimeout { get; init; } = TimeSpan.FromSeconds(150);

    /// <summary>How often a message that never left is sent another way (<c>lnet_retry_count</c>).</summary>
    public int RetryCount { get; init; } = 2;

    /// <summary>What one failure takes from a health value, of 1000 (<c>lnet_health_sensitivity</c>).</summary>
    public int HealthSensitivity { get; init; } = 100;

    /// <summary>Longest pause between recovery pings (<c>lnet_max_recovery_ping_interval</c>).</summary>
    public TimeSpan MaxRecoveryPingInterval { get; init; } = TimeSpan.FromSeconds(900);

    /// <summary>Peers remembered; a peer beyond that is served but not recorded.</summary>
    public int MaxPeers { get; init; } = 65536;

    /// <summary>Messages that may wait at lazy portals for a descriptor, in all.</summary>
    public int MaxDelayedMessages { get; init; } = 4096;

    /// <summary>The same from one peer interface, so that one peer cannot take the room of all.</summary>
    public int MaxDelayedMessagesPerPeer { get; init; } = 1024;

    /// <summary>Bytes of buffers that waiting messages may hold, in all.</summary>
    public long MaxDelayedBytes { get; init; } = 64L << 20;
}
