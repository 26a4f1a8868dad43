using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Clients.Osp;

// How much room the OST has, asked for every few seconds.
public sealed partial class OspDevice
{
    const int MinFreeObjects = 32;

    readonly ITimer _statfsTimer;
    ObdStatfs _statfs;              // guarded by _lock
    bool _asksStatfs;               // guarded by _lock
    Task _statfsTask = Task.CompletedTask;      // guarded by _lock

    /// <summary>As of the last answer; at most <see cref="OspOptions.StatfsMaxAgeSeconds"/> old while
    /// connected. All zero before the first.</summary>
    public ObdStatfs Statfs
    {
        get
        {
            using (_lock.Enter())
                return _statfs;
        }
    }

    void RefreshStatfs()
    {
        TaskCompletionSource<Task> started;
        using (_lock.Enter())
        {
            if (_asksStatfs || !_isConnected || _stopping.IsCancellationRequested)
                return;
            _asksStatfs = true;
            started = new TaskCompletionSource<Task>();
            _statfsTask = started.Task.Unwrap();
        }
        started.SetResult(AskStatfsAsync());
    }

    async Task AskStatfsAsync()
    {
        Result<ObdStatfs> reply;
        using (PtlrpcRequest request = Import.NewRequest(RequestFormats.OstStatfs))
        {
            request.RequestPortal = Portals.OST_CREATE_PORTAL;
            request.NoResend = request.NoDelay = true;
            Errno status = await request.SendAsync(_stopping.Token);
            reply = status == Errno.OK ? request.Get(Rmf.ObdStatfs) : status;
        }
        bool hasRoom = false;
        using (_lock.Enter())
        {
            _asksStatfs = false;
            if (!reply.Failed && _isConnected)
            {
                bool wasFull = (_statfs.State & (StatfsState.ENOSPC | StatfsState.ENOINO)) != 0;
                _statfs = WithState(reply.Value, wasFull);
                bool isFull = (_statfs.State & (StatfsState.ENOSPC | StatfsState.ENOINO)) != 0;
                hasRoom = !isFull;
                if (isFull)
                    _status = Errno.ENOSPC;
                else if (_status == Errno.ENOSPC)
                    _status = Errno.OK;
            }
        }
        if (hasRoom)
            Pump();
        WakeWaiters();
        if (!_stopping.IsCancellationRequested)
        {
            try
            {
                _statfsTimer.Change(TimeSpan.FromSeconds(Options.StatfsMaxAgeSeconds), Timeout.InfiniteTimeSpan);
            }
            catch (ObjectDisposedException)
            {
                // Stopped meanwhile.
            }
        }
    }

    /// <summary>Full below 0.1 % of the OST, and until there is twice as much again (osp_pre_update_msfs).</summary>
    static ObdStatfs WithState(ObdStatfs statfs, bool wasFull)
    {
        ulong low = statfs.Blocks / 1000;
        if (statfs.BlocksAvailable < Math.Max(1, wasFull ? 2 * low : low))
            statfs.State |= StatfsState.ENOSPC;
        if (statfs.FilesFree < MinFreeObjects)
            statfs.State |= StatfsState.ENOINO;
        return statfs;
    }
}
