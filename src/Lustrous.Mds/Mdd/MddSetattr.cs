using Lustrous.Idl.Layout;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Mds.Mdd;

/// <summary>What a setattr changes, and under which circumstances (the flags of <c>ma_attr_flags</c>).</summary>
[Flags]
public enum MddSetattrFlags
{
    None = 0,

    /// <summary>Drop the setuid bit: the file was written (LA_KILL_SUID).</summary>
    KillSetuid = 1,

    /// <summary>The same of the setgid bit.</summary>
    KillSetgid = 2,

    /// <summary>The client has already checked, as for truncate through an open file (MDS_PERM_BYPASS).</summary>
    Bypass = 4,

    /// <summary>The owner may truncate without write permission (MDS_OWNEROVERRIDE).</summary>
    OwnerOverride = 8,

    /// <summary>Times that a close brings: they only move on (MDS_CLOSE_UPDATE_TIMES).</summary>
    CloseTimes = 16,
}

/// <summary>New attributes.</summary>
/// <param name="Attributes">The valid ones: mode, owner, group, project, size, times, flags.</param>
/// <param name="Flags">How.</param>
public readonly record struct MddSetattr(DtAttributes Attributes, MddSetattrFlags Flags = MddSetattrFlags.None)
{
    /// <summary>What is kept of the size of a file with objects (<c>trusted.som</c>), set along with them; null to
    /// leave it.</summary>
    public LustreSomAttrs? Som { get; init; }
}
