namespace Lustrous.Obdclass.Acl;

/// <summary>Who asks, as far as an ACL wants to know.</summary>
public interface IAclSubject
{
    uint Uid { get; }

    /// <summary>Asked only where it makes a difference: it may cost something.</summary>
    bool IsInGroup(uint gid);
}
