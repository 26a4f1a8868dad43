using Lustrous.Fuse.Protocol.Abi;

namespace Lustrous.Fuse.Protocol;

// What the kernel is told unasked.
public sealed partial class FuseSession
{
    /// <summary>How long the kernel may wait for a directory that one of its own requests holds before every name is
    /// declared old instead.</summary>
    const int EntryPatienceMilliseconds = 20;

    /// <summary>First ABI with FUSE_NOTIFY_INC_EPOCH (Linux 6.16).</summary>
    const int EpochMinor = 44;

    readonly FuseNotifier _notifier;

    /// <summary>The kernel drops attributes, and pages too when <paramref name="offset"/> is not negative (length 0: to
    /// the end). ENOENT when it does not know the inode, which is as good.</summary>
    /// <remarks>Attributes go at once, on the caller's thread. Pages are dropped on a thread of the notifier: the
    /// kernel waits for those that a request of its own has locked.</remarks>
    public ValueTask<Errno> InvalidateInodeAsync(ulong nodeId, long offset = -1, long length = 0) =>
        offset < 0
            ? new(_notifier.InvalidateAttributes(nodeId))
            : new(_notifier.InvalidatePagesAsync(nodeId, offset, length));

    /// <summary>The kernel asks for a name again before it believes it. ENOENT when it does not know it.</summary>
    /// <remarks>
    /// The kernel waits for the directory's lock, which it holds itself over every request that changes the
    /// directory; and that request may wait for the lock whose loss brought us here. So after a moment every name of
    /// the mount is declared old by another notification, which waits for nothing: names are asked for again once,
    /// and the lock can go.
    /// </remarks>
    public ValueTask<Errno> InvalidateEntryAsync(ulong parent, ReadOnlySpan<byte> name)
    {
        bool expireOnly = Flags.HasFlag(FuseInitFlags.ExpireOnly);
        Task<Errno> task = _notifier.InvalidateEntryAsync(parent, name, expireOnly);
        return task.IsCompleted ? new(task) : new(WithPatienceAsync(task));
    }

    /// <summary>Every name of the mount is asked for again before it is believed; ENOSYS before Linux 6.16.</summary>
    public Errno InvalidateAllNames() => Minor >= EpochMinor ? _notifier.IncrementEpoch() : Errno.ENOSYS;

    async Task<Errno> WithPatienceAsync(Task<Errno> task)
    {
        if (await Task.WhenAny(task, Task.Delay(EntryPatienceMilliseconds)).ConfigureAwait(false) == task)
            return await task.ConfigureAwait(false);
        return InvalidateAllNames() == Errno.OK ? Errno.OK : Errno.EAGAIN;
    }
}
