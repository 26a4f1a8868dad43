using Lustrous.Idl.Lfsck;

namespace Lustrous.Mds.Lfsck;

/// <summary>What is checked, and how.</summary>
public sealed record LfsckOptions
{
    /// <summary>The name space of an MDT: names, links, numbers of links.</summary>
    public bool ChecksNamespace { get; init; } = true;

    /// <summary>Layouts of files against the objects of OSTs.</summary>
    public bool ChecksLayout { get; init; } = true;

    /// <summary>As Lustre has them; of them DRYRUN, FAILOUT and what is only shown count here.</summary>
    public LfsckParamFlags Flags { get; init; }

    /// <summary>At most so many objects; 0: as fast as it goes.</summary>
    public int ObjectsPerSecond { get; init; }

    public bool IsDryRun => (Flags & LfsckParamFlags.DRYRUN) != 0;

    public bool EndsWithFailure => (Flags & LfsckParamFlags.FAILOUT) != 0;
}
