using Lustrous.Idl.Ldlm;
using Lustrous.Ldlm.Client;

namespace Lustrous.Llite;

// The inode's locks: what may be believed at this moment, and what happens when one goes.
public sealed partial class LliteInode
{
    const InodeBits AttributeAndNameBits = InodeBits.UPDATE | InodeBits.PERM | InodeBits.LOOKUP;

    readonly List<ClientLock> _locks = [];      // guarded by _lock; granted, not being lost
    InodeBits _held;                            // guarded by _lock: union of the bits of _locks
    long _updateEpoch;                          // guarded by _lock: how often UPDATE was lost

    /// <summary>Whether locks over all these bits are held at this moment.</summary>
    internal bool Holds(InodeBits bits)
    {
        using (_lock.Enter())
            return Covers(bits);
    }

    /// <summary>Counts the losses of the UPDATE lock: an answer is good if none happened since it was asked
    /// for.</summary>
    internal bool HoldsUpdate(out long epoch)
    {
        using (_lock.Enter())
        {
            epoch = _updateEpoch;
            return Covers(InodeBits.UPDATE);
        }
    }

    /// <summary>
    /// The lock protects this inode from now on. The caller holds a reference, and gives it back with the lock when
    /// others cover the same: then false.
    /// </summary>
    internal bool Attach(ClientLock granted)
    {
        using (_lock.Enter())
        {
            if (_locks.Contains(granted))
                return true;
            if ((_held & granted.Bits) == granted.Bits)
                return false;
            granted.Owner = this;
            _locks.Add(granted);
            _held |= granted.Bits;
            if ((granted.Bits & InodeBits.LAYOUT) != 0)
                _isLayoutOld = false;
            return true;
        }
    }

    /// <summary>The inode leaves the table: its locks protect nothing any more.</summary>
    internal void DetachLocks()
    {
        using (_lock.Enter())
        {
            foreach (ClientLock held in _locks)
                held.Owner = null;
            _locks.Clear();
            _held = InodeBits.NONE;
        }
    }

    /// <summary>
    /// The lock, or some of its bits, is going: first nothing here is believed any more, then the kernel forgets, and
    /// only then this ends and the server is told (ll_md_blocking_ast, ll_lock_cancel_bits).
    /// </summary>
    internal async ValueTask LosingAsync(ClientLock losing, InodeBits bits, LockLoss loss)
    {
        InodeBits lost = Lose(losing, bits);
        if (lost == InodeBits.NONE)
            return;
        IKernelCache kernel = _mount.Options.Kernel;
        if (loss == LockLoss.OwnChange && IsDirectory && (lost & AttributeAndNameBits) == InodeBits.UPDATE)
        {
            // The kernel changes the directory and knows what that makes old; it need not walk here anew.
            if (Volatile.Read(ref _kernelHasAttributes) != 0)
                kernel.ChangesItself(this);
        }
        else if ((loss != LockLoss.OwnChange || IsDirectory) && (lost & AttributeAndNameBits) != 0)
        {
            bool pages = IsDirectory && (lost & InodeBits.UPDATE) != 0;
            if (Interlocked.Exchange(ref _kernelHasAttributes, 0) != 0 || pages)
                await WithoutUsAsync(kernel.InvalidateInodeAsync(this, pages), this);
        }
        if ((lost & InodeBits.UPDATE) != 0)
            await ForgetNegativesAsync(kernel);
        if ((lost & InodeBits.LOOKUP) != 0)
            await ForgetNamesAsync(kernel);
    }

    /// <summary>A change here that the kernel does not know of: it failed, or did not come from the kernel. Of a
    /// directory it drops the names too.</summary>
    internal void KernelMissedChange()
    {
        Volatile.Write(ref _kernelHasAttributes, 0);
        _mount.Watch(WithoutUsAsync(_mount.Options.Kernel.InvalidateInodeAsync(this, data: IsDirectory), this));
    }

    /// <summary>The kernel has changed the attributes itself, and gets the new ones with an answer that it is not to
    /// keep.</summary>
    internal void KernelChanged() => Volatile.Write(ref _kernelHasAttributes, 0);

    // What a directory with stripes has of UPDATE is only for itself: its names change under locks of the stripes.
    bool Covers(InodeBits bits) =>
        (_held & bits) == bits && (_stripes is null || (bits & InodeBits.UPDATE) == 0);

    InodeBits Lose(ClientLock losing, InodeBits bits)
    {
        using (_lock.Enter())
        {
            if (!_locks.Contains(losing))
                return InodeBits.NONE;
            InodeBits before = _held;
            InodeBits left = losing.Bits & ~bits;
            if (left == InodeBits.NONE)
                _locks.Remove(losing);
            _held = left;
            foreach (ClientLock other in _locks)
            {
                if (!ReferenceEquals(other, losing))
                    _held |= other.Bits;
            }
            InodeBits lost = before & ~_held;
            if ((lost & InodeBits.UPDATE) != 0)
            {
                _updateEpoch++;
                _chunks.Clear();
            }
            if ((lost & InodeBits.XATTR) != 0)
                _xattrs = null;
            if ((lost & InodeBits.LAYOUT) != 0)
                _isLayoutOld = true;
            return lost;
        }
    }

    /// <summary>
    /// Waits for the kernel, but not while an operation of its own on <paramref name="busy"/> waits for a server: the
    /// kernel lets go only after that operation, which may wait for the very lock that we are to give up.
    /// </summary>
    async ValueTask WithoutUsAsync(ValueTask kernel, LliteInode busy)
    {
        if (kernel.IsCompletedSuccessfully)
            return;
        Task done = kernel.AsTask();
        Task started = busy.OperationStarted();
        await Task.WhenAny(done, started);
        if (!done.IsCompleted)
            _mount.Watch(new ValueTask(done));
    }
}
