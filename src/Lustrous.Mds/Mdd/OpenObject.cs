using Lustrous.Idl.Fids;

namespace Lustrous.Mds.Mdd;

/// <summary>What the server knows of an object that is open or being removed; <see cref="OpenObjects"/> guards
/// it.</summary>
sealed class OpenObject(Fid fid)
{
    public Fid Fid { get; } = fid;

    /// <summary>Open handles, and removals under way (<c>mot_open_count</c>).</summary>
    public int OpenCount { get; set; }

    /// <summary>Handles that write, or negative: handles that execute it (<c>mot_write_count</c>).</summary>
    public int WriteCount { get; set; }

    /// <summary>Its last name is gone; the last close destroys it.</summary>
    public bool IsOrphan { get; set; }

    /// <summary>Being destroyed: nobody may open it any more.</summary>
    public bool IsDead { get; set; }
}
