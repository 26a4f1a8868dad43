namespace Lustrous.Target.Grants;

/// <summary>What one client has been promised (<c>ted_grant</c>, <c>ted_dirty</c>, <c>ted_pending</c>); bytes, guarded
/// by
/// the table's lock.</summary>
public sealed class GrantClient
{
    /// <summary>May be written without asking.</summary>
    public long Granted { get; internal set; }

    /// <summary>Of it, what the client says it has dirty.</summary>
    public long Dirty { get; internal set; }

    /// <summary>Being written, not yet on the disk.</summary>
    public long Pending { get; internal set; }

    /// <summary>Knows block size and extent tax (GRANT_PARAM).</summary>
    public bool HasParameters { get; internal set; }

    /// <summary>Largest bulk agreed on.</summary>
    public uint BrwSize { get; internal set; }

    /// <summary>Connects so far: each tells the client all that it has.</summary>
    public int Agreements { get; internal set; }

    /// <summary>Its export is gone: it gets no more.</summary>
    internal bool IsGone { get; set; }
}
