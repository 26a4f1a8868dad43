using Lustrous.LNet;
using Lustrous.Ptlrpc.Client;

namespace Lustrous.Clients.Mdc;

/// <summary>Which MDT a client device is for, from the configuration log.</summary>
public sealed record MdcOptions
{
    /// <summary><c>lustre-MDT0000-mdc-ffff8800…</c>.</summary>
    public required string DeviceName { get; init; }

    /// <summary><c>lustre-MDT0000_UUID</c>.</summary>
    public required string TargetUuid { get; init; }

    /// <summary>The mount, to every target.</summary>
    public required string ClientUuid { get; init; }

    /// <summary>Where the MDT may run: its node, then the failover nodes.</summary>
    public required IReadOnlyList<LNetProcessId> Peers { get; init; }

    /// <summary>Number of the MDT.</summary>
    public required int Index { get; init; }

    /// <summary>0 takes the node's.</summary>
    public int MaxRpcsInFlight { get; init; }

    /// <summary>0 takes the node's; the server may grant fewer.</summary>
    public int MaxModRpcsInFlight { get; init; }

    public bool ReadOnly { get; init; }

    /// <summary>Room for a layout in replies; grows with what comes.</summary>
    public int DefaultEaSize { get; init; } = 512;

    /// <summary>Hears of the import.</summary>
    public Action<MdcDevice, ImportEvent>? ImportChanged { get; init; }
}
