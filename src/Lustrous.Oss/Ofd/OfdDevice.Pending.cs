using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Oss.Ofd;

// Space that writes have taken and not yet used up.
public sealed partial class OfdDevice
{
    static readonly DtCommitCallback s_writeCommitted = static (state, _, status) =>
    {
        var pending = (PendingWrite)state!;
        pending.Device.GiveBack(pending, status);
        pending.Device.Release(pending);
    };

    readonly RankedLock _pendingLock = new(6, "ofd_pending");
    PendingWrite? _freePending;     // guarded by _pendingLock

    PendingWrite TakePending()
    {
        using (_pendingLock.Enter())
        {
            if (_freePending is { } free)
            {
                _freePending = free.NextFree;
                free.NextFree = null;
                return free;
            }
        }
        return new PendingWrite(this);
    }

    void GiveBack(PendingWrite pending, Errno status) =>
        _target.Grants!.Commit(pending.Client, pending.Bytes, status);

    void Release(PendingWrite pending)
    {
        if (!pending.Release())
            return;
        pending.Client = null!;
        using (_pendingLock.Enter())
        {
            pending.NextFree = _freePending;
            _freePending = pending;
        }
    }
}
