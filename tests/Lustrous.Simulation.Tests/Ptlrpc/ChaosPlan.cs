using Lustrous.Idl.Ptlrpc;
using Lustrous.Ptlrpc;

namespace Lustrous.Simulation.Tests.Ptlrpc;

/// <summary>What kind of run it is.</summary>
sealed record ChaosPlan
{
    public int Clients { get; init; } = 3;

    /// <summary>Calls that a client has under way at once.</summary>
    public int Callers { get; init; } = 4;

    public int CallsEach { get; init; } = 6;

    /// <summary>
    /// Clients are evicted, or the target forgets: a call may fail. Otherwise every call that its caller waits
    /// for must succeed.
    /// </summary>
    public bool MayFail { get; init; }

    /// <summary>Some calls are cancelled, or may not be sent twice.</summary>
    public bool CallersGiveUp { get; init; } = true;

    /// <summary>Calls that count get transaction numbers, which are committed later.</summary>
    public bool HasTransactions { get; init; }

    /// <summary>Some calls take the server up to this long.</summary>
    public int SlowSeconds { get; init; } = 40;

    /// <summary>A client silent for so long is evicted; only where calls may fail.</summary>
    public int EvictSeconds => MayFail ? 60 : 24 * 3600;

    /// <summary>Time limits that let a run be short.</summary>
    public static PtlrpcOptions Timeouts { get; } = PtlrpcOptions.Default with { ObdTimeoutSeconds = 20 };

    public static ConnectFlags Flags =>
        ConnectFlags.VERSION | ConnectFlags.FULL20 | ConnectFlags.AT | ConnectFlags.BRW_SIZE | ConnectFlags.FLAGS2
        | ConnectFlags.BULK_MBITS | ConnectFlags.MULTIMODRPCS;

    public static ObdConnectData ConnectData => new()
    {
        ConnectFlags = Flags,
        ConnectFlags2 = ConnectFlags2.REP_MBITS,
        Version = 0x02110000,
        BrwSize = 4 << 20,
        MaxModifyRpcs = 8,
    };
}
