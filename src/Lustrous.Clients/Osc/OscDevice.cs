using Lustrous.Idl.Fids;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ldlm.Client;
using Lustrous.LNet;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Clients.Osc;

/// <summary>The client of one OST (<c>osc</c>): its import, its lock namespace, its grant, and the objects cached of
/// it.</summary>
/// <remarks>Source: lustre/osc/osc_request.c, osc_cache.c.</remarks>
public sealed partial class OscDevice : IImportOwner, ILockCallbacks, IAsyncDisposable
{
    static readonly TimeSpan s_disposeLimit = TimeSpan.FromSeconds(60);

    readonly RankedLock _tableLock = new(7, "osc_objects");
    readonly Dictionary<OstId, OscObject> _objects = [];    // guarded by _tableLock
    readonly List<OscObject> _ordered = [];                 // guarded by _tableLock; the same, in order of creation
    ObdStatfs _statfs;                                      // guarded by _tableLock
    TimeSpan _statfsAt = TimeSpan.MinValue;                 // guarded by _tableLock
    Task<Result<ObdStatfs>>? _statfsCall;                   // guarded by _tableLock
    int _isDisposed;
    volatile bool _wasEvicted;

    /// <param name="locks">The client's lock manager.</param>
    /// <param name="options">Which OST, and limits.</param>
    public OscDevice(LdlmNode locks, OscOptions options)
    {
        ArgumentNullException.ThrowIfNull(locks);
        ArgumentNullException.ThrowIfNull(options);
        Node = locks.Ptlrpc;
        Options = options;
        Cache = options.Cache ?? new OscPageCache();
        Grant = new OscGrant(options.MaxDirtyBytes);
        _maxRpcBytes = Math.Max(options.MaxRpcBytes & ~(OscChunk.Size - 1), OscChunk.Size);
        _maxRpcsInFlight = options.MaxRpcsInFlight;
        _checksums = options.Checksums;
        Import = new Import(Node, new ImportOptions
        {
            DeviceName = options.DeviceName,
            TargetUuid = options.TargetUuid,
            ClientUuid = options.ClientUuid,
            Peers = options.Peers,
            ConnectOpcode = (uint)OstOpcode.Connect,
            RequestPortal = Portals.OST_REQUEST_PORTAL,
            ReplyPortal = Portals.OSC_REPLY_PORTAL,
            LocalHandle = Node.Context.Random.NextUInt64(),
            // Bulk I/O has slots of its own; lock requests and flushes must never wait behind each other.
            MaxRpcsInFlight = int.MaxValue,
            IdleTimeoutSeconds = options.IdleTimeoutSeconds,
            Owner = this,
            ConnectData = ConnectData(options),
        });
        Namespace = new ClientNamespace(locks, Import, new ClientNamespaceOptions { Name = options.DeviceName });
    }

    public PtlrpcNode Node { get; }

    public OscOptions Options { get; }

    public Import Import { get; }

    /// <summary>The extent locks held.</summary>
    public ClientNamespace Namespace { get; }

    /// <summary>The mount's cache of pages.</summary>
    public OscPageCache Cache { get; }

    internal OscGrant Grant { get; }

    /// <summary>Bytes of data that the OST has not got yet (<c>cur_dirty_bytes</c>).</summary>
    public long DirtyBytes => Grant.Dirty;

    /// <summary>Grant in hand (<c>cur_grant_bytes</c>).</summary>
    public long GrantBytes => Grant.Total;

    /// <summary>Starts to connect.</summary>
    public Errno Connect() => Import.Connect();

    /// <summary>Room on the OST, asked again when older than <paramref name="maxAge"/>; those who ask at once share one
    /// RPC.</summary>
    public async ValueTask<Result<ObdStatfs>> StatfsAsync(TimeSpan maxAge, CancellationToken cancel)
    {
        Task<Result<ObdStatfs>> call;
        TaskCompletionSource<Result<ObdStatfs>>? own = null;
        using (_tableLock.Enter())
        {
            if (_statfsAt != TimeSpan.MinValue && Node.Context.Uptime - _statfsAt <= maxAge)
                return _statfs;
            if (_statfsCall is null)
            {
                own = new TaskCompletionSource<Result<ObdStatfs>>();
                _statfsCall = own.Task;
            }
            call = _statfsCall;
        }
        if (own is null)
            return await call;
        Result<ObdStatfs> result = await AskStatfsAsync(cancel);
        using (_tableLock.Enter())
        {
            _statfsCall = null;
            if (!result.Failed)
                (_statfs, _statfsAt) = (result.Value, Node.Context.Uptime);
        }
        own.SetResult(result);
        return result;
    }

    /// <summary>Writes all that is dirty, and has the OST put it on disk; the first error.</summary>
    public async ValueTask<Errno> FlushAllAsync(CancellationToken cancel)
    {
        Errno first = Errno.OK;
        foreach (OscObject one in Objects())
        {
            Errno status = await one.WriteOutAsync(0, ulong.MaxValue, cancel);
            if (status == Errno.OK)
                status = await one.SyncAsync(0, ulong.MaxValue, cancel);
            if (first == Errno.OK)
                first = status;
        }
        return first;
    }

    /// <summary>Writes what is dirty as far as that works without waiting for a lost server, gives the locks back,
    /// disconnects.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        if (Import.State is ImportState.Full or ImportState.Idle)
        {
            using var limit = new CancellationTokenSource(s_disposeLimit, Node.Context.Clock);
            foreach (OscObject one in Objects())
                await one.WriteOutAsync(0, ulong.MaxValue, limit.Token);
        }
        // Without the server, what is still dirty and the locks can only be forgotten: nothing may wait for it.
        await ClientShutdown.CloseAsync(Namespace, Import);
        foreach (OscObject one in Objects())
            one.Abandon();
        StopTimers();
    }

    /// <summary>The object of an id, made when it is not known; with a reference.</summary>
    internal OscObject GetObject(OstId id)
    {
        using (_tableLock.Enter())
        {
            if (!_objects.TryGetValue(id, out OscObject? found))
            {
                found = new OscObject(this, id);
                _objects.Add(id, found);
                _ordered.Add(found);
            }
            found.References++;
            return found;
        }
    }

    internal void Release(OscObject used)
    {
        using (_tableLock.Enter())
            used.References--;
        ForgetIfUnused(used);
    }

    /// <summary>Objects that nobody uses and no lock protects are forgotten.</summary>
    internal void ForgetIfUnused(OscObject used)
    {
        using (_tableLock.Enter())
        {
            if (used.References > 0 || used.HasLocks || used.IsDirty || used.HasChunks)
                return;
            if (_objects.TryGetValue(used.Id, out OscObject? known) && known == used)
            {
                _objects.Remove(used.Id);
                _ordered.Remove(used);
            }
        }
    }

    internal OscObject[] Objects()
    {
        using (_tableLock.Enter())
            return [.. _ordered];
    }

    void ILockCallbacks.Granted(ClientLock granted, ReadOnlySpan<byte> lvb) =>
        (granted.Owner as OscObject)?.Granted(granted, lvb);

    ValueTask ILockCallbacks.LosingAsync(ClientLock losing, InodeBits bits, LockLoss loss) =>
        losing.Owner is OscObject owner ? owner.LosingAsync(losing, loss) : ValueTask.CompletedTask;

    void ILockCallbacks.Blocked(ClientLock blocked)
    {
    }

    int ILockCallbacks.Glimpse(ClientLock held, Span<byte> lvb) =>
        held.Owner is OscObject owner ? owner.Glimpse(lvb) : 0;

    bool ILockCallbacks.MayDrop(ClientLock unused) => unused.Owner is not OscObject owner || owner.MayDrop(unused);

    void IImportOwner.OnImportEvent(Import import, ImportEvent what)
    {
        switch (what)
        {
            case ImportEvent.Evicted:
                _wasEvicted = true;
                break;
            case ImportEvent.ConnectData:
                Connected(import.ConnectData);
                break;
        }
        Options.ImportChanged?.Invoke(this, what);
    }

    /// <summary>The OST has forgotten us: what it has not got is lost. The lock manager tells of every lock; this is
    /// for what none covers any more.</summary>
    ValueTask IImportOwner.InvalidateAsync(Import import)
    {
        foreach (OscObject one in Objects())
            one.Invalidate();
        RoomMade();
        return ValueTask.CompletedTask;
    }

    void Connected(in ObdConnectData granted)
    {
        Grant.Connected(granted, _wasEvicted);
        _wasEvicted = false;
        StartShrinking();
        BrwSize = Import.Supports(ConnectFlags.BRW_SIZE) ? Math.Max(granted.BrwSize, OscChunk.PageSize) : 1 << 20;
        // Without CKSUM both sides use adler (protocol.md 1.5).
        _checksum = Import.Supports(ConnectFlags.CKSUM)
            ? OscChecksum.Best(granted.ChecksumTypes & Options.ChecksumTypes)
            : ChecksumAlgorithm.Adler32;
        _isLocal = IsOwn(Import.GetInfo().CurrentAddress);
        RoomMade();
    }

    bool IsOwn(Nid address)
    {
        if (address == Nid.Loopback)
            return true;
        foreach (LNetInterface own in Node.LNet.Interfaces)
        {
            if (own.Nid == address)
                return true;
        }
        return false;
    }

    async ValueTask<Result<ObdStatfs>> AskStatfsAsync(CancellationToken cancel)
    {
        using PtlrpcRequest request = Import.NewRequest(RequestFormats.OstStatfs);
        if (await request.SendAsync(cancel) is var status and not Errno.OK)
            return status;
        Result<ObdStatfs> reply = request.Get(Rmf.ObdStatfs);
        if (!reply.Failed && reply.Value.BlockSize == 0)
            return Errno.EPROTO;
        return reply;
    }

    static ObdConnectData ConnectData(OscOptions options) => new()
    {
        ConnectFlags = OscOptions.AskedFlags,
        ConnectFlags2 = OscOptions.AskedFlags2,
        Version = LustreVersion.Code,
        BrwSize = (uint)Math.Max(options.MaxRpcBytes, OscOptions.DefaultRpcBytes),
        ChecksumTypes = options.ChecksumTypes,
        // What is asked for to begin with (osc_reconnect).
        Grant = 2 * (uint)Math.Max(options.MaxRpcBytes, OscOptions.DefaultRpcBytes),
        // What our cache and locks count in: pages, and no inode cost (client_common_fill_super).
        GrantBlockBits = OscChunk.PageShift,
    };
}
