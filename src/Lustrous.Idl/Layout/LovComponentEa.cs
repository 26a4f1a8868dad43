namespace Lustrous.Idl.Layout;

/// <summary>One component of a composite layout: a part of the file and how it is striped.</summary>
public sealed record LovComponentEa
{
    /// <summary>Unique within the file; of a mirrored file, its upper half is the mirror's.</summary>
    public uint Id { get; init; }

    public LcmeFlags Flags { get; init; }

    public required LuExtent Extent { get; init; }

    /// <summary>Without objects while the component has none.</summary>
    public required LovEa Layout { get; init; }

    public bool IsInitialized => (Flags & LcmeFlags.INIT) != 0;

    public bool Overlaps(LuExtent extent) => Extent.Start < extent.End && extent.Start < Extent.End;
}
