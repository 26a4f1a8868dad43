using Lustrous.Obdclass.Fids;

namespace Lustrous.Oss.Ofd;

/// <summary>What an OST is.</summary>
public sealed record OfdOptions
{
    /// <summary><c>lustre-OST0000</c></summary>
    public required string Name { get; init; }

    public required uint Index { get; init; }

    /// <summary>Number of this life, another than that of lives before; 0 for one at random.</summary>
    public uint Instance { get; init; }

    /// <summary>MDT0000, which gives out FID sequences: an <see cref="Clients.Osp.Lwp"/>.</summary>
    public required ISequenceSource Controller { get; init; }
}
