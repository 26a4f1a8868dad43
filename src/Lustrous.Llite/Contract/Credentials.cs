using Lustrous.Obdclass.Acl;

namespace Lustrous.Llite;

/// <summary>Who asks: what a permission check needs and what a request to the MDT carries.</summary>
/// <param name="Uid">User on whose behalf the file system is accessed (fsuid).</param>
/// <param name="Gid">Its group (fsgid).</param>
/// <param name="Umask">Bits that a creation takes off its mode; 0 where the kernel has applied it already.</param>
/// <param name="Pid">The process; for <see cref="ICallerGroups"/> and job statistics.</param>
/// <param name="Groups">Its supplementary groups; null when it has none.</param>
public readonly record struct Credentials(
    uint Uid, uint Gid, uint Umask = 0, uint Pid = 0, ICallerGroups? Groups = null)
    : IAclSubject
{
    /// <summary>CAP_DAC_OVERRIDE, CAP_FOWNER and what else root has.</summary>
    public bool IsRoot => Uid == 0;

    /// <summary>Whether <paramref name="gid"/> is one of the caller's groups.</summary>
    public bool InGroup(uint gid) => gid == Gid || (Groups?.Contains(Pid, gid) ?? false);

    bool IAclSubject.IsInGroup(uint gid) => InGroup(gid);
}

/// <summary>Supplementary groups of processes; asked only when owner and group bits leave it open.</summary>
public interface ICallerGroups
{
    bool Contains(uint pid, uint gid);
}
