using Lustrous.Obdclass.Acl;

namespace Lustrous.Mds.Mdd;

/// <summary>Who asks (<c>struct lu_ucred</c>): what the client's kernel says of the process, and what the server
/// knows of its user.</summary>
/// <param name="FsUid">User.</param>
/// <param name="FsGid">Group.</param>
/// <param name="Capabilities">What root may do; others have none.</param>
/// <param name="SupplementaryGid1">A group of the process that the client found to matter; <see cref="NoGid"/> for
/// none.</param>
/// <param name="SupplementaryGid2">Another.</param>
/// <param name="Umask">Bits that new objects do not get.</param>
public readonly record struct Credentials(
    uint FsUid, uint FsGid, Capabilities Capabilities, uint SupplementaryGid1, uint SupplementaryGid2, uint Umask)
    : IAclSubject
{
    public const uint NoGid = uint.MaxValue;

    /// <summary>Knows more groups of the user; null where nobody does.</summary>
    public IIdentities? Identities { get; init; }

    /// <summary>The server itself: root with everything.</summary>
    public static Credentials Root { get; } = new(0, 0, Capabilities.All, NoGid, NoGid, 0);

    /// <summary>From a request's words. Who is not root keeps no capability: a client's word is not enough for them
    /// (<c>mdt_enable_cap_mask</c>, empty unless an administrator sets it).</summary>
    public static Credentials FromRequest(
        uint fsUid, uint fsGid, uint capabilities, uint supplementaryGid1, uint supplementaryGid2, uint umask = 0) =>
        new(fsUid, fsGid, fsUid == 0 ? (Capabilities)capabilities : Capabilities.None, supplementaryGid1,
            supplementaryGid2, umask);

    uint IAclSubject.Uid => FsUid;

    /// <summary>Whether the process is in the group (lustre_in_group_p).</summary>
    public bool IsInGroup(uint gid) =>
        gid == FsGid
        || gid != NoGid && (gid == SupplementaryGid1 || gid == SupplementaryGid2
            || (Identities?.IsInGroup(FsUid, gid) ?? false));

    public bool Has(Capabilities capability) => (Capabilities & capability) == capability;
}
