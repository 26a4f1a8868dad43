using Lustrous.Obdclass.Storage;

namespace Lustrous.Mds.Mdd;

/// <summary>A name that moves.</summary>
public readonly ref struct MddRename
{
    /// <summary>Where it is.</summary>
    public required IDtObject OldParent { get; init; }

    public required ReadOnlySpan<byte> OldName { get; init; }

    /// <summary>Where it goes; may be the same directory.</summary>
    public required IDtObject NewParent { get; init; }

    public required ReadOnlySpan<byte> NewName { get; init; }

    /// <summary>What it stands for.</summary>
    public required IDtObject Source { get; init; }

    /// <summary>What the new name stands for so far and what loses it; null for nothing.</summary>
    public IDtObject? Victim { get; init; }

    /// <summary>Seconds since 1970.</summary>
    public long Time { get; init; }
}
