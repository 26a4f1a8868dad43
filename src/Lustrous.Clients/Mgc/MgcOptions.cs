using Lustrous.LNet;

namespace Lustrous.Clients.Mgc;

/// <summary>Which MGS, and as whom.</summary>
public sealed record MgcOptions
{
    /// <summary>The client device: <c>MGC10.0.0.1@tcp</c>.</summary>
    public required string DeviceName { get; init; }

    /// <summary>Us; a fresh one for each mount and each server node.</summary>
    public required string ClientUuid { get; init; }

    /// <summary>Where the MGS may run.</summary>
    public required IReadOnlyList<LNetProcessId> Peers { get; init; }

    /// <summary>After a log changed, this long is waited before it is read again, and up to as long again by chance
    /// (<c>MGC_TIMEOUT_MIN_SECONDS</c> and <c>mgc_requeue_timeout_min</c>).</summary>
    public TimeSpan RequeueDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Hears of the connection: a server whose MGS has restarted registers its targets again.</summary>
    public Action<Lustrous.Ptlrpc.Client.ImportEvent>? ImportChanged { get; init; }
}
