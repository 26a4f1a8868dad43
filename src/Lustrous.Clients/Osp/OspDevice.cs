using Lustrous.Clients.Fids;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Obdclass.Fids;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Client;

namespace Lustrous.Clients.Osp;

/// <summary>
/// An MDT's way to one OST (<c>struct osp_device</c>): objects made ahead for new files, how much room there is, and
/// what has to happen to objects once a change of the MDT has been committed.
/// </summary>
/// <remarks>Source: lustre/osp/osp_dev.c, osp_precreate.c, osp_sync.c.</remarks>
public sealed partial class OspDevice : IImportOwner, IAsyncDisposable
{
    readonly PtlrpcNode _node;
    readonly SeqClient _sequences;
    readonly OspLastUsed _lastUsed;
    readonly IOspChangeLog _changeLog;
    readonly IDtDevice _storage;
    readonly CancellationTokenSource _stopping = new();
    readonly RankedLock _lock = new(8, "opd_pre_lock");
    bool _isConnected;              // guarded by _lock
    int _connection;                // guarded by _lock: counts connections, so that news of an older one is told apart

    /// <param name="node">The MDT's.</param>
    /// <param name="storage">The MDT's.</param>
    /// <param name="options">Which OST.</param>
    /// <param name="changeLog">Keeps what the OST has not confirmed yet; in memory when null.</param>
    public OspDevice(PtlrpcNode node, IDtDevice storage, OspOptions options, IOspChangeLog? changeLog = null)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(storage);
        ArgumentNullException.ThrowIfNull(options);
        _node = node;
        _storage = storage;
        Options = options;
        _changeLog = changeLog ?? new MemoryOspChangeLog();
        _lastUsed = new OspLastUsed(storage, options.OstIndex);
        _createCount = options.CreateCount;
        Import = new Import(node, new ImportOptions
        {
            DeviceName = options.DeviceName,
            TargetUuid = options.TargetUuid,
            ClientUuid = options.ClientUuid,
            Peers = [.. options.Nids.Select(nid => new LNetProcessId(nid, LNetProcessId.LustrePid))],
            ConnectOpcode = (uint)OstOpcode.Connect,
            RequestPortal = Portals.OST_REQUEST_PORTAL,
            ReplyPortal = Portals.OSC_REPLY_PORTAL,
            LocalHandle = node.Context.Random.NextUInt64(),
            ConnectData = new ObdConnectData
            {
                ConnectFlags = Asked,
                ConnectFlags2 = ConnectFlags2.REP_MBITS,
                Index = options.OstIndex,
                Group = options.MdtIndex,
            },
            Owner = this,
        });
        _sequences = new SeqClient(new SeqImportSource(Import, isData: true), SequenceConst.DataWidth);
        _statfsTimer = node.Context.Clock.CreateTimer(
            static state => ((OspDevice)state!).RefreshStatfs(), this, Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    public OspOptions Options { get; }

    public Import Import { get; }

    public uint Index => Options.OstIndex;

    /// <summary>What an MDT asks of an OST (lod_add_device of lustre/lod/lod_lov.c).</summary>
    static ConnectFlags Asked =>
        ConnectFlags.VERSION | ConnectFlags.INDEX | ConnectFlags.FLAGS2 | ConnectFlags.AT | ConnectFlags.FULL20
        | ConnectFlags.MDS | ConnectFlags.SKIP_ORPHAN | ConnectFlags.FID | ConnectFlags.LVB_TYPE
        | ConnectFlags.BULK_MBITS;

    public bool IsConnected
    {
        get
        {
            using (_lock.Enter())
                return _isConnected;
        }
    }

    /// <summary>Connected and able to make objects, or with some made.</summary>
    public bool IsUsable
    {
        get
        {
            using (_lock.Enter())
                return _isConnected && Options.MaxCreateCount > 0
                    && (_status == Errno.OK || (_status == Errno.ENOSPC && Available > 0 && !_recovering));
        }
    }

    /// <summary>Reads what is known of the last life, connects, and goes on doing so.</summary>
    public Errno Start()
    {
        if (_lastUsed.Prepare() is var error and not Errno.OK)
            return error;
        Fid last = _lastUsed.Load();
        IReadOnlyList<(OspChange Change, ulong Cookie)> left = _changeLog.Load();
        using (_lock.Enter())
        {
            (_sequence, _used, _lastCreated) = (last.Sequence, last.ObjectId, last.ObjectId);
            foreach ((OspChange change, ulong cookie) in left)
            {
                _changes.Enqueue(new Pending(change, cookie));
                _changesUnderWay++;
            }
        }
        return Import.Connect();
    }

    public async ValueTask DisposeAsync()
    {
        Task pump, sender;
        using (_lock.Enter())
        {
            _isConnected = false;
            (pump, sender) = (_pump, _sender);
        }
        _stopping.Cancel();     // not CancelAsync, which would go on elsewhere
        await _statfsTimer.DisposeAsync();
        WakeWaiters();
        await Import.DisposeAsync();
        await pump;
        await sender;
        await _statfsTask;
        _stopping.Dispose();
    }

    void IImportOwner.OnImportEvent(Import import, ImportEvent what)
    {
        switch (what)
        {
            case ImportEvent.Active:
                using (_lock.Enter())
                {
                    _isConnected = true;
                    _connection++;
                    // What was made ahead may be gone: what the OST has is settled anew (osp_import_event).
                    _recovering = true;
                    _status = Errno.OK;
                }
                RefreshStatfs();
                Pump();
                SendChanges();
                break;
            case ImportEvent.Disconnected or ImportEvent.Inactive or ImportEvent.Evicted:
                using (_lock.Enter())
                {
                    _isConnected = false;
                    _recovering = true;
                }
                WakeWaiters();
                break;
        }
    }

    ValueTask IImportOwner.InvalidateAsync(Import import) => ValueTask.CompletedTask;
}
