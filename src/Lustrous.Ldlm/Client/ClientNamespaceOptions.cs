namespace Lustrous.Ldlm.Client;

/// <summary>How a client keeps the locks of one target.</summary>
public sealed record ClientNamespaceOptions
{
    /// <summary>As in <c>ldlm.namespaces</c>: <c>lustre-OST0000-osc-ffff…</c>, <c>MGC10.0.0.1@tcp</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Unused locks kept at most; 0 keeps none (<c>lru_size</c>).</summary>
    public int LruSize { get; init; } = 100_000;

    /// <summary>Unused locks older than this are cancelled when others are (<c>lru_max_age</c>).</summary>
    public TimeSpan LruMaxAge { get; init; } = TimeSpan.FromMinutes(65);

    /// <summary>Seconds that a completion may take, at least, before the server is asked for it
    /// (<c>ldlm_enqueue_min</c>).</summary>
    public int EnqueueMinSeconds { get; init; } = 100;

    /// <summary>Cancel handles in one LDLM_CANCEL at most.</summary>
    public int CancelBatch { get; init; } = 128;
}
