namespace Lustrous.Mds.Mdt;

/// <summary>What a metadata target is and allows.</summary>
public sealed record MdtOptions
{
    /// <summary><c>lustre-MDT0000</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Of the target in its file system.</summary>
    public uint Index { get; init; }

    /// <summary>Seconds for which an object must have been left alone for a lookup to hand out its UPDATE lock as well
    /// (<c>ns_ctime_age_limit</c>).</summary>
    public int ChangeTimeAgeLimitSeconds { get; init; } = 10;

    /// <summary>Clients keep requests and replay them after a restart.</summary>
    public bool IsReplayable { get; init; } = true;

    /// <summary>What the server knows of users; null leaves it at what clients say.</summary>
    public Mdd.IIdentities? Identities { get; init; }

    /// <summary>Seconds that a client has to give a lock back, at least.</summary>
    public int LockTimeoutSeconds { get; init; } = 100;
}
