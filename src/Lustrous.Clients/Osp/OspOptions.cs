using Lustrous.Idl.LNet;

namespace Lustrous.Clients.Osp;

/// <summary>Which OST an MDT speaks to, and as whom.</summary>
public sealed record OspOptions
{
    /// <summary><c>lustre-OST0000-osc-MDT0000</c></summary>
    public required string DeviceName { get; init; }

    /// <summary><c>lustre-OST0000_UUID</c></summary>
    public required string TargetUuid { get; init; }

    /// <summary>The MDT to the OST, the same in every life: <c>lustre-MDT0000-mdtlov_UUID</c>.</summary>
    public required string ClientUuid { get; init; }

    /// <summary>Where the OST may run.</summary>
    public required IReadOnlyList<Nid> Nids { get; init; }

    public required uint OstIndex { get; init; }

    public uint MdtIndex { get; init; }

    /// <summary>Age at which statfs is asked again (<c>maxage</c>), seconds.</summary>
    public int StatfsMaxAgeSeconds { get; init; } = 5;

    /// <summary>Objects made ahead at first (<c>create_count</c>).</summary>
    public int CreateCount { get; init; } = 32;

    /// <summary>Twice the objects made ahead in one call at most (<c>max_create_count</c>); 0: makes none.</summary>
    public int MaxCreateCount { get; init; } = 20000;

    /// <summary>Seconds a new file waits for an object.</summary>
    public int WaitSeconds { get; init; } = 100;

    /// <summary>Changes of objects told at once (<c>max_rpcs_in_progress</c> and <c>max_rpcs_in_flight</c>).</summary>
    public int MaxChangesInFlight { get; init; } = 32;
}
