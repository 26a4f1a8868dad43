namespace Lustrous.Mds.Mdd;

/// <summary>
/// What the server's own system knows of users (the identity upcall, <c>l_getidentity</c>): a request names two groups
/// of its process at most, and a user may be let in by a third.
/// </summary>
public interface IIdentities
{
    /// <summary>Quick, as handlers ask it on their way; false for whoever is not known.</summary>
    bool IsInGroup(uint uid, uint gid);
}
