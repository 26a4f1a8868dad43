namespace Lustrous.Mds.Mdt;

/// <summary>What a metadata target is and allows.</summary>
public sealed record MdtOptions
{
    /// <summary><c>lustre-MDT0000</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Of the target in its file system.</summary>
    public uint Index { get; init; }

    /// <summary>Bytes of the largest value of an extended attribute (<c>ocd_max_easize</c>).</summary>
    public int MaxEaSize { get; init; } = 65536;

    /// <summary>Bytes of one bulk at most (<c>ocd_brw_size</c>).</summary>
    public uint BrwSize { get; init; } = 4 << 20;

    /// <summary>Modifying requests that a client may have in flight (<c>ocd_maxmodrpcs</c>).</summary>
    public ushort MaxModifyRpcs { get; init; } = 8;

    /// <summary>Seconds for which an object must have been left alone for a lookup to hand out its UPDATE lock as well
    /// (<c>ns_ctime_age_limit</c>).</summary>
    public int ChangeTimeAgeLimitSeconds { get; init; } = 10;

    /// <summary>Seconds that a client has to give a lock back, at least.</summary>
    public int LockTimeoutSeconds { get; init; } = 100;
}
