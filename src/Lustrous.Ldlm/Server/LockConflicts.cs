using Lustrous.Idl.Ldlm;

namespace Lustrous.Ldlm.Server;

/// <summary>Which two locks of a resource cannot be granted together.</summary>
static class LockConflicts
{
    /// <summary>Whether <paramref name="wanted"/>, as requested, is in conflict with <paramref name="other"/>, as
    /// granted or as requested.</summary>
    public static bool Exist(ServerLock wanted, ServerLock other)
    {
        LockMode otherMode = other.IsGranted ? other.GrantedMode : other.RequestedMode;
        LockMode mode = wanted.IsGranted ? wanted.GrantedMode : wanted.RequestedMode;
        if (LockModes.AreCompatible(mode, otherMode))
            return mode == LockMode.GROUP && otherMode == LockMode.GROUP && wanted.GroupId != other.GroupId;
        switch (wanted.Resource.Type)
        {
            case LockType.Extent:
                // A group lock covers the whole object, whatever it says.
                if (mode == LockMode.GROUP || otherMode == LockMode.GROUP)
                    return true;
                LdlmExtent a = wanted.IsGranted ? wanted.Policy.Extent : wanted.RequestedExtent;
                LdlmExtent b = other.IsGranted ? other.Policy.Extent : other.RequestedExtent;
                return a.Start <= b.End && b.Start <= a.End;
            case LockType.Ibits:
                return (wanted.Bits & other.Bits) != 0;
            default:
                return true;
        }
    }
}
