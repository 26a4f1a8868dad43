namespace Lustrous.Ptlrpc;

/// <summary>Time limits and retries of a node, all of them in one place; names and defaults are Lustre's module
/// parameters.</summary>
/// <remarks>Source: lustre/obdclass/class_obd.c and include/obd_support.h of lustre-release.</remarks>
public sealed record PtlrpcOptions
{
    public static PtlrpcOptions Default { get; } = new();

    /// <summary><c>obd_timeout</c>: what most other limits follow from.</summary>
    public int ObdTimeoutSeconds { get; init; } = 100;

    /// <summary><c>at_min</c>: no estimate is below it.</summary>
    public int AtMinSeconds { get; init; } = 5;

    /// <summary><c>at_max</c>: no estimate is above it; 0 turns adaptive timeouts off.</summary>
    public int AtMaxSeconds { get; init; } = 600;

    /// <summary><c>at_history</c>: how long a slow answer is remembered.</summary>
    public int AtHistorySeconds { get; init; } = 600;

    /// <summary><c>at_early_margin</c>: how long before the client's deadline a server sends an early reply.</summary>
    public int AtEarlyMarginSeconds { get; init; } = 5;

    /// <summary><c>at_extra</c>: how much more time an early reply asks for.</summary>
    public int AtExtraSeconds { get; init; } = 30;

    /// <summary><c>max_rpcs_in_flight</c> of an import that does not say otherwise.</summary>
    public int MaxRpcsInFlight { get; init; } = 8;

    /// <summary><c>max_mod_rpcs_in_flight</c> likewise; the server may grant fewer.</summary>
    public int MaxModRpcsInFlight { get; init; } = 7;

    public bool AdaptiveTimeouts => AtMaxSeconds > 0;

    /// <summary><c>PING_INTERVAL</c></summary>
    public int PingIntervalSeconds => Math.Max(ObdTimeoutSeconds / 4, 1);

    /// <summary><c>PING_INTERVAL_SHORT</c>: when a commit is awaited.</summary>
    public int ShortPingIntervalSeconds => Math.Min(PingIntervalSeconds, 7);

    /// <summary><c>CONNECTION_SWITCH_MIN</c>: least time spent on one address before the next is tried.</summary>
    public int ConnectionSwitchMinSeconds => 5;

    /// <summary><c>CONNECTION_SWITCH_MAX</c></summary>
    public int ConnectionSwitchMaxSeconds => Math.Min(50, Math.Max(ConnectionSwitchMinSeconds, ObdTimeoutSeconds));

    /// <summary><c>CONNECTION_SWITCH_INC</c>: how much longer each round over all addresses gets.</summary>
    public int ConnectionSwitchIncSeconds => 5;

    /// <summary><c>INITIAL_CONNECT_TIMEOUT</c>: time a server gets to answer a connect request.</summary>
    public int InitialConnectTimeoutSeconds => Math.Max(ConnectionSwitchMinSeconds, ObdTimeoutSeconds / 20);

    /// <summary>The time a client gives a server that estimates this service time (<c>at_est2timeout</c>).</summary>
    public static int EstimateToTimeout(int estimateSeconds) => estimateSeconds + (estimateSeconds >> 2) + 5;

    /// <summary>The estimate a time limit came from (<c>at_timeout2est</c>).</summary>
    public static int TimeoutToEstimate(int timeoutSeconds) => Math.Max((timeoutSeconds << 2) / 5, 5) - 4;
}
