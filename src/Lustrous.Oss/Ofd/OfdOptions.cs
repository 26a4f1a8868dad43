using Lustrous.LNet;

namespace Lustrous.Oss.Ofd;

/// <summary>What an OST is.</summary>
public sealed record OfdOptions
{
    /// <summary><c>lustre-OST0000</c></summary>
    public required string Name { get; init; }

    public required uint Index { get; init; }

    /// <summary>Number of this life.</summary>
    public uint Instance { get; init; } = 1;

    /// <summary>Where MDT0000 may run, which gives out FID sequences (<c>lwp</c>).</summary>
    public IReadOnlyList<LNetProcessId> Mdt0Peers { get; init; } = [];
}
