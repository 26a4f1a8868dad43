using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Clients.Osp;

// Changes of objects: noted with the MDT's transaction, told to the OST after its commit, forgotten when the OST has
// committed them too (osp_sync.c).
public sealed partial class OspDevice
{
    readonly Queue<Pending> _changes = [];      // guarded by _lock: durable here, not yet told
    int _changesUnderWay;           // guarded by _lock: noted, and not yet answered
    int _sending;                   // guarded by _lock: told, and not yet answered
    Task _sender = Task.CompletedTask;          // guarded by _lock

    /// <summary>Changes that the OST has not answered yet (<c>sync_changes</c> and
    /// <c>sync_in_flight</c>).</summary>
    public int ChangeCount
    {
        get
        {
            using (_lock.Enter())
                return _changesUnderWay;
        }
    }

    /// <summary>Room for what <see cref="Add"/> writes.</summary>
    public Errno DeclareChange(DtTransaction transaction) => _changeLog.Declare(transaction);

    /// <summary>The OST is told when the transaction is durable.</summary>
    public Errno Add(DtTransaction transaction, in OspChange change)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        if (_changeLog.Add(transaction, change, out ulong cookie) is var error and not Errno.OK)
            return error;
        using (_lock.Enter())
            _changesUnderWay++;
        transaction.OnCommit(
            static (state, _, status) =>
            {
                var pending = (Pending)state!;
                pending.Device!.OnCommitted(pending, status);
            },
            new Pending(change, cookie) { Device = this });
        return Errno.OK;
    }

    /// <summary>A reserved object that no file got: it goes, now.</summary>
    public void Discard(Fid fid)
    {
        using (_lock.Enter())
        {
            // The last one given out is simply the next again.
            if (!_recovering && fid.Sequence == _sequence && fid.ObjectId == _used)
            {
                _used--;
                return;
            }
            _changesUnderWay++;
            _changes.Enqueue(new Pending(new OspChange(fid), cookie: 0));
        }
        SendChanges();
    }

    void OnCommitted(Pending pending, Errno status)
    {
        using (_lock.Enter())
        {
            if (status != Errno.OK)
            {
                _changesUnderWay--;
                return;
            }
            _changes.Enqueue(pending);
        }
        SendChanges();
    }

    void SendChanges()
    {
        while (true)
        {
            Pending pending;
            TaskCompletionSource<Task> started;
            using (_lock.Enter())
            {
                if (!_isConnected || _changes.Count == 0 || _sending >= Options.MaxChangesInFlight
                    || _stopping.IsCancellationRequested)
                    return;
                pending = _changes.Dequeue();
                _sending++;
                started = new TaskCompletionSource<Task>();
                _sender = Task.WhenAll(_sender, started.Task.Unwrap());
            }
            started.SetResult(SendAsync(pending));
        }
    }

    async Task SendAsync(Pending pending)
    {
        Errno status = pending.Change.IsDestroy
            ? await SendDestroyAsync(pending)
            : await SendSetattrAsync(pending);
        // One that is gone needs nothing any more; what failed on the way is told again after the next connect.
        bool again = status is Errno.ENOTCONN or Errno.EAGAIN or Errno.ETIMEDOUT or Errno.EIO or Errno.EINPROGRESS
            or Errno.ESHUTDOWN or Errno.EINTR or Errno.ENODEV;
        bool stopping = _stopping.IsCancellationRequested;
        using (_lock.Enter())
        {
            _sending--;
            // Void already, by an eviction that came with the answer.
            again |= status == Errno.OK && pending.IsLost && !stopping;
            pending.IsLost = false;
            pending.IsTold = status == Errno.OK && !again;
            if (again)
                _changes.Enqueue(pending);
            else
                _changesUnderWay--;
        }
        if (!again && status != Errno.OK && pending.Cookie != 0)
            _changeLog.Cancel(pending.Cookie);
        if (again && (stopping || !await PauseAsync()))
            return;
        SendChanges();
        WakeWaiters();      // a destroy may have made room
    }

    async ValueTask<Errno> SendDestroyAsync(Pending pending)
    {
        using PtlrpcRequest request = Import.NewRequest(RequestFormats.OstDestroy);
        request.SetSize(Rmf.DlmReq, 0);
        request.SetSize(Rmf.Capa1, 0);
        return await SendAsync(request, pending, new Obdo
        {
            ObjectId = new OstId(pending.Change.Fid),
            Valid = MdtValid.FLID | MdtValid.FLGROUP,
        });
    }

    async ValueTask<Errno> SendSetattrAsync(Pending pending)
    {
        using PtlrpcRequest request = Import.NewRequest(RequestFormats.OstSetattr);
        request.SetSize(Rmf.Capa1, 0);
        OspChange change = pending.Change;
        return await SendAsync(request, pending, new Obdo
        {
            ObjectId = new OstId(change.Fid),
            Valid = MdtValid.FLID | MdtValid.FLGROUP | change.Valid,
            Uid = change.Uid,
            Gid = change.Gid,
            ProjectId = change.ProjectId,
        });
    }

    async ValueTask<Errno> SendAsync(PtlrpcRequest request, Pending pending, Obdo body)
    {
        request.Set(Rmf.OstBody, new OstBody { Attributes = body });
        request.UserState = pending;
        pending.Device = this;
        request.CommitCallback = static committed =>
        {
            var done = (Pending)committed.UserState!;
            done.IsCommitted = true;
            if (done.Cookie != 0)
                done.Device!._changeLog.Cancel(done.Cookie);
        };
        request.ReplayEndedCallback = static ended => ((Pending)ended.UserState!).Device!.OnEnded(ended);
        return await request.SendAsync(_stopping.Token);
    }

    /// <summary>The OST has committed it, or has forgotten it together with us: then it is told again.</summary>
    void OnEnded(PtlrpcRequest request)
    {
        var pending = (Pending)request.UserState!;
        if (pending.IsCommitted || _stopping.IsCancellationRequested)
            return;
        using (_lock.Enter())
        {
            pending.IsLost = !pending.IsTold;       // whoever waits for its answer sees to it
            if (pending.IsLost)
                return;
            pending.IsTold = false;
            _changesUnderWay++;
            _changes.Enqueue(pending);
        }
        SendChanges();
    }

    sealed class Pending(OspChange change, ulong cookie)
    {
        public OspChange Change { get; } = change;

        public ulong Cookie { get; } = cookie;

        public OspDevice? Device { get; set; }

        public bool IsCommitted { get; set; }

        /// <summary>Answered; guarded by _lock.</summary>
        public bool IsTold { get; set; }

        /// <summary>Void before its answer was seen; guarded by _lock.</summary>
        public bool IsLost { get; set; }
    }
}
