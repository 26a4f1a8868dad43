namespace Lustrous.Simulation.Tests.Cluster;

/// <summary>How large a cluster is, and how long it works.</summary>
sealed record ClusterPlan
{
    public int Clients { get; init; } = 2;

    /// <summary>Machines with OSTs.</summary>
    public int Servers { get; init; } = 2;

    public int OstsPerServer { get; init; } = 2;

    /// <summary>Machines of equal rank that each server may run on; one that dies comes up on the next.</summary>
    public int NodesPerServer { get; init; } = 1;

    /// <summary>From a change to its commit on the servers.</summary>
    public TimeSpan CommitDelay { get; init; } = TimeSpan.FromMilliseconds(20);

    public long OstBytes { get; init; } = 256L << 20;

    /// <summary>Operations of each client.</summary>
    public int Operations { get; init; } = 60;
}
