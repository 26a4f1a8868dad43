namespace Lustrous.LNet.Matching;

/// <summary>
/// What a descriptor is linked to: a portal, or a stripe of the handle table. Its lock guards the descriptor.
/// </summary>
abstract class MdOwner(RankedLock ownerLock)
{
    public RankedLock Lock { get; } = ownerLock;

    /// <summary>No message finds it any more. Called with the lock held, possibly more than once.</summary>
    public abstract void Hide(MemoryDescriptor md);

    /// <summary>Ends the wait for a response. Called with the lock held.</summary>
    public virtual void Untrack(MemoryDescriptor md)
    {
    }

    /// <summary>It is its user's again. Called with the lock held.</summary>
    public virtual void Release(MemoryDescriptor md)
    {
        Hide(md);
        md.Owner = null;
    }
}
