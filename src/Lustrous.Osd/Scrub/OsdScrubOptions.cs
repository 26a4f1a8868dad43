namespace Lustrous.Osd.Scrub;

/// <summary>How a scrub runs.</summary>
public sealed record OsdScrubOptions
{
    /// <summary>Finds, and changes nothing.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>Ends with the first object that fails.</summary>
    public bool EndsWithFailure { get; init; }

    /// <summary>At most so many; 0: as fast as it goes.</summary>
    public int ObjectsPerSecond { get; init; }
}
