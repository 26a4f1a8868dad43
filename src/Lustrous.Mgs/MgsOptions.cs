namespace Lustrous.Mgs;

/// <summary>What an MGS is.</summary>
public sealed record MgsOptions
{
    /// <summary>Number of this life.</summary>
    public uint Instance { get; init; } = 1;

    /// <summary>Makes the storage of a log by its name: <c>lustre-client</c>; in memory when null.</summary>
    public IConfigStore? Store { get; init; }
}
