namespace Lustrous.Ldlm.Server;

/// <summary>What the locks of one target follow.</summary>
public sealed record ServerNamespaceOptions
{
    /// <summary>As in <c>ldlm.namespaces</c>: <c>mdt-lustre-MDT0000_UUID</c>, <c>filter-lustre-OST0000_UUID</c>,
    /// <c>MGS</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Seconds a client has to give a lock back, at least (<c>ldlm_enqueue_min</c>); then it is
    /// evicted.</summary>
    public int LockTimeoutSeconds { get; init; } = 100;

    /// <summary>Conflicts on a resource from which on extents grow by 32 MiB at most
    /// (<c>contended_locks</c>).</summary>
    public int ContendedLocks { get; init; } = 32;

    /// <summary>Seconds for which a resource counts as contended after it was (<c>contention_seconds</c>).</summary>
    public int ContentionSeconds { get; init; } = 2;

    /// <summary>Whether clients may lock files here (flock, fcntl): on metadata targets.</summary>
    public bool TakesFileLocks { get; init; }

    /// <summary>Blocking ASTs sent at once for one enqueue (<c>max_parallel_ast</c>).</summary>
    public int MaxParallelAsts { get; init; } = 1024;
}
