using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ldlm.Client;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Client;

namespace Lustrous.Clients.Mdc;

/// <summary>Client of one MDT: its import, its locks and all requests to it (<c>mdc</c>).</summary>
public sealed partial class MdcDevice : IImportOwner, IAsyncDisposable
{
    /// <summary>What a client asks an MDT for. Source: client_common_fill_super, lustre/llite/llite_lib.c; less what
    /// we do not do: encryption, HSM, PCC.</summary>
    public const ConnectFlags AskedFlags =
        ConnectFlags.IBITS | ConnectFlags.NODEVOH | ConnectFlags.ATTRFID | ConnectFlags.VERSION
        | ConnectFlags.BRW_SIZE | ConnectFlags.CANCELSET | ConnectFlags.FID | ConnectFlags.AT | ConnectFlags.LOV_V3
        | ConnectFlags.VBR | ConnectFlags.FULL20 | ConnectFlags._64BITHASH | ConnectFlags.EINPROGRESS
        | ConnectFlags.JOBSTATS | ConnectFlags.LVB_TYPE | ConnectFlags.LAYOUTLOCK | ConnectFlags.MAX_EASIZE
        | ConnectFlags.FLOCK_DEAD | ConnectFlags.DISP_STRIPE | ConnectFlags.OPEN_BY_FID | ConnectFlags.MULTIMODRPCS
        | ConnectFlags.SUBTREE | ConnectFlags.BULK_MBITS | ConnectFlags.FLAGS2 | ConnectFlags.ACL
        | ConnectFlags.LARGE_ACL | ConnectFlags.XATTR | ConnectFlags.UMASK | ConnectFlags.LRU_RESIZE
        | ConnectFlags.DIR_STRIPE;

    public const ConnectFlags2 AskedFlags2 =
        ConnectFlags2.INC_XID | ConnectFlags2.LSOM | ConnectFlags2.REP_MBITS | ConnectFlags2.LOCK_CONVERT
        | ConnectFlags2.BATCH_RPC | ConnectFlags2.FLR | ConnectFlags2.OVERSTRIPING
        | ConnectFlags2.DIR_MIGRATE | ConnectFlags2.CRUSH;

    /// <summary>Bytes of one read of a directory.</summary>
    public const int ReadPageBytes = 1 << 20;

    int _defaultEaSize;
    long _requests;

    public MdcDevice(PtlrpcNode node, MdcOptions options)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        Node = node;
        _defaultEaSize = options.DefaultEaSize;
        Import = new Import(node, new ImportOptions
        {
            DeviceName = options.DeviceName,
            TargetUuid = options.TargetUuid,
            ClientUuid = options.ClientUuid,
            Peers = options.Peers,
            ConnectOpcode = (uint)MdsOpcode.Connect,
            RequestPortal = Portals.MDS_REQUEST_PORTAL,
            ReplyPortal = Portals.MDC_REPLY_PORTAL,
            LocalHandle = node.Context.Random.NextUInt64(),
            MaxRpcsInFlight = options.MaxRpcsInFlight,
            MaxModRpcsInFlight = options.MaxModRpcsInFlight,
            ConnectData = new ObdConnectData
            {
                ConnectFlags = AskedFlags | (options.ReadOnly ? ConnectFlags.RDONLY : 0),
                ConnectFlags2 = AskedFlags2,
                BrwSize = ReadPageBytes,
                InodeBitsKnown = InodeBitsMasks.FULL,
            },
            Owner = this,
        });
        Locks = new ClientNamespace(
            (LdlmNode)node.Hooks, Import, new ClientNamespaceOptions { Name = options.DeviceName });
    }

    public PtlrpcNode Node { get; }

    public MdcOptions Options { get; }

    public int Index => Options.Index;

    /// <summary>The connection.</summary>
    public Import Import { get; }

    /// <summary>Whether the MDT knows POSIX ACLs.</summary>
    public bool SupportsAcl => Import.Supports(ConnectFlags.ACL);

    /// <summary>The locks held of this MDT.</summary>
    public ClientNamespace Locks { get; }

    /// <summary>Whoever caches under the locks; set before the first operation.</summary>
    public ILockCallbacks Callbacks { get; set; } = NoLockCallbacks.Instance;

    /// <summary>Requests sent, for statistics and tests.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Begins to connect; requests wait for it.</summary>
    public Errno Connect() => Import.Connect();

    /// <summary>Waits until it is connected, or refused for good.</summary>
    public ValueTask<Errno> WaitConnectedAsync(CancellationToken cancel) =>
        Import.WaitConnectedAsync(firstTryOnly: false, cancel);

    /// <summary>Connected at present.</summary>
    public bool IsActive => Import.State is ImportState.Full or ImportState.Idle;

    /// <summary>For the LMV that it belongs to: the MDT may not know any more what it gave us.</summary>
    internal Action<MdcDevice>? Lost { get; set; }

    void IImportOwner.OnImportEvent(Import import, ImportEvent what)
    {
        // A restarted MDT may give our sequence to somebody else (mdc_import_event, IMP_EVENT_INACTIVE).
        if (what is ImportEvent.Inactive or ImportEvent.Evicted)
            Lost?.Invoke(this);
        Options.ImportChanged?.Invoke(this, what);
    }

    // The lock manager's hooks have taken back every lock and with them all that was cached.
    ValueTask IImportOwner.InvalidateAsync(Import import) => ValueTask.CompletedTask;

    /// <summary>Gives locks back and disconnects, bounded in time.</summary>
    public ValueTask DisposeAsync() => ClientShutdown.CloseAsync(Locks, Import);

    PtlrpcRequest NewRequest(Lustrous.Ptlrpc.Layout.RequestFormat format)
    {
        Interlocked.Increment(ref _requests);
        return Import.NewRequest(format);
    }

    PtlrpcRequest NewEnqueue(Lustrous.Ptlrpc.Layout.RequestFormat format, LockCancels? cancels = null)
    {
        Interlocked.Increment(ref _requests);
        return Locks.NewEnqueue(format, cancels);
    }

    // Layouts that come are mostly of the same size: room for the largest so far (mdc_update_max_ea_from_body).
    void NoteEaSize(int sizeBytes)
    {
        if (sizeBytes > Volatile.Read(ref _defaultEaSize))
            Volatile.Write(ref _defaultEaSize, sizeBytes);
    }
}
