using Lustrous.Idl.Ldlm;

namespace Lustrous.Ldlm.Client;

/// <summary>Why a lock goes.</summary>
public enum LockLoss
{
    /// <summary>Somebody else wants it, or the owner or the LRU gave it up: what it protects must be written back and
    /// dropped.</summary>
    Cancelled,

    /// <summary>A change of our own is about to make void what it protects, and whoever makes it knows.</summary>
    OwnChange,

    /// <summary>As Cancelled, but the object is destroyed: dirty data is dropped, not written
    /// (AST_DISCARD_DATA).</summary>
    Discard,

    /// <summary>The server has forgotten us: nothing can be written under it any more.</summary>
    Evicted,
}

/// <summary>
/// What the lock manager asks of whoever took a lock (<c>l_blocking_ast</c>, <c>l_glimpse_ast</c>): one object for all
/// locks of one kind, which finds the inode or object in <see cref="ClientLock.Owner"/>. Called without any lock held.
/// </summary>
public interface ILockCallbacks
{
    /// <summary>
    /// The lock is granted, at once or by a completion AST, before its enqueue ends (<c>ldlm_completion_ast</c>).
    /// </summary>
    /// <param name="granted">With its final mode, resource and policy.</param>
    /// <param name="lvb">The value block that came along; empty for none.</param>
    void Granted(ClientLock granted, ReadOnlySpan<byte> lvb);

    /// <summary>
    /// The lock, or only some of its bits, is about to be given back and nobody uses it: everything kept under it must
    /// be flushed and forgotten before this ends (<c>LDLM_CB_CANCELING</c>). Called once a lock, besides conversions.
    /// </summary>
    /// <param name="losing">Cannot be matched any more (nor its lost bits).</param>
    /// <param name="bits">Inode bits that go; all of its bits when the lock goes.</param>
    /// <param name="loss">Why.</param>
    ValueTask LosingAsync(ClientLock losing, InodeBits bits, LockLoss loss);

    /// <summary>
    /// Somebody else wants the lock while it is in use (<c>LDLM_CB_BLOCKING</c>): a hint to stop using it soon.
    /// </summary>
    void Blocked(ClientLock blocked);

    /// <summary>
    /// The server asks what is known of the object (<c>l_glimpse_ast</c>): writes the value block.
    /// </summary>
    /// <returns>Bytes written; 0 for "nothing newer than you have" (ELDLM_NO_LOCK_DATA).</returns>
    int Glimpse(ClientLock held, Span<byte> lvb);

    /// <summary>
    /// Whether an unused lock may go just to make room (<c>ns_cancel</c>): false while dirty data lies under it.
    /// </summary>
    bool MayDrop(ClientLock unused);
}
