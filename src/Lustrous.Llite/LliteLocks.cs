using Lustrous.Idl.Ldlm;
using Lustrous.Ldlm.Client;

namespace Lustrous.Llite;

/// <summary>Hears of the locks of all MDTs for a mount; the inode stands in the lock.</summary>
sealed class LliteLocks : ILockCallbacks
{
    // The inode is known only after the reply has been read: LliteInode.Attach.
    public void Granted(ClientLock granted, ReadOnlySpan<byte> lvb)
    {
    }

    public ValueTask LosingAsync(ClientLock losing, InodeBits bits, LockLoss loss) =>
        losing.Owner is LliteInode inode ? inode.LosingAsync(losing, bits, loss) : default;

    public void Blocked(ClientLock blocked)
    {
    }

    public int Glimpse(ClientLock held, Span<byte> lvb) => 0;

    public bool MayDrop(ClientLock unused) => true;
}
