using Lustrous.Obdclass.Fids;

namespace Lustrous.Oss.Ofd;

/// <summary>What an OST is.</summary>
public sealed record OfdOptions
{
    /// <summary><c>lustre-OST0000</c></summary>
    public required string Name { get; init; }

    public required uint Index { get; init; }

    /// <summary>Number of this life.</summary>
    public uint Instance { get; init; } = 1;

    /// <summary>MDT0000, which gives out FID sequences: an <see cref="Clients.Osp.Lwp"/>.</summary>
    public required ISequenceSource Controller { get; init; }
}
