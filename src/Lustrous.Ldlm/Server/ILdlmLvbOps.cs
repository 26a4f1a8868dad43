namespace Lustrous.Ldlm.Server;

/// <summary>
/// The value block of a target's resources (<c>struct ldlm_valblock_ops</c>): what lock replies carry besides the lock.
/// An OST's is the object's size, times and blocks (<c>ost_lvb</c>), an MDT's the layout. Called without any lock held,
/// by several threads at once; the owner keeps its data in <see cref="ServerResource.LvbData"/>.
/// </summary>
public interface ILdlmLvbOps
{
    /// <summary>A resource is used for the first time, or again after it failed: loads what it needs
    /// (<c>lvbo_init</c>).</summary>
    /// <returns>An error refuses the enqueue that caused it: ENOENT for an object that is gone.</returns>
    Errno Init(ServerResource resource);

    /// <summary>Most bytes that a reply for this lock will carry (<c>lvbo_size</c>); 0 for none.</summary>
    int Size(ServerLock granted);

    /// <summary>Writes the value block; returns the bytes written, 0 for none (<c>lvbo_fill</c>).</summary>
    int Fill(ServerLock granted, Span<byte> buffer);

    /// <summary>
    /// A client has told what it knows, or has given its lock back (<c>lvbo_update</c>).
    /// </summary>
    /// <param name="resource">Of which object.</param>
    /// <param name="fromClient">The client's value block (an answer to a glimpse), as sent; empty: look at the object
    /// instead.</param>
    /// <param name="increaseOnly">The object may have grown since; never take back what is known.</param>
    void Update(ServerResource resource, ReadOnlySpan<byte> fromClient, bool increaseOnly);

    /// <summary>No lock is left on the resource (<c>lvbo_free</c>).</summary>
    void Free(ServerResource resource);
}
