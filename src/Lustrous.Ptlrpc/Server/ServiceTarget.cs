using Lustrous.Idl.Ptlrpc;

namespace Lustrous.Ptlrpc.Server;

/// <summary>What a target is to ptlrpc.</summary>
public sealed record ServiceTargetOptions
{
    /// <summary><c>lustre-OST0000</c>; the log's source.</summary>
    public required string Name { get; init; }

    /// <summary>What clients ask for in a connect: <c>lustre-OST0000_UUID</c>, <c>MGS</c>.</summary>
    public required string Uuid { get; init; }

    /// <summary>Flags it can do, and the most it offers of each number.</summary>
    public required ObdConnectData Supported { get; init; }

    /// <summary>Keeps transactions for replay (MSG_CONNECT_REPLAYABLE).</summary>
    public bool IsReplayable { get; init; }

    /// <summary>Number of this life (<c>ocd_instance</c>).</summary>
    public uint Instance { get; init; }

    /// <summary>A client that was silent for this long is evicted (<c>PING_EVICT_TIMEOUT</c>: six ping
    /// intervals).</summary>
    public int PingEvictSeconds { get; init; } = 150;

    /// <summary>Which of Lustre's fail points are its: <see cref="ObdFail.MdsClass"/> and its like.</summary>
    public uint FailClass { get; init; }

    /// <summary>Clients at most; more get ENOMEM, so that connects cannot fill the memory.</summary>
    public int MaxExports { get; init; } = 65536;
}

/// <summary>What a target may do when clients come and go; all optional.</summary>
public interface IServiceTargetHooks
{
    /// <summary>
    /// A client connects, the first time or again. May take away from <paramref name="reply"/>, or refuse. Flags it
    /// adds are removed again.
    /// </summary>
    Errno Connecting(Export export, in ObdConnectData asked, ref ObdConnectData reply);

    /// <summary>The connect is complete.</summary>
    void Connected(Export export, bool isReconnect);

    /// <summary>The answer to a connect goes out when this has ended: what the client has to find again after a
    /// restart is on disk. An error refuses it.</summary>
    ValueTask<Errno> SettleAsync(Export export, CancellationToken cancel) => new(Errno.OK);

    /// <summary>The client has every reply up to here: none of these requests comes again.</summary>
    void Acknowledged(Export export, ulong lastXid)
    {
    }

    /// <summary>A client left, or was thrown out: its locks and open files go. Called once an export, no lock
    /// held.</summary>
    void Disconnected(Export export, bool isEviction);

    /// <summary>
    /// A client is known from the target's last life: the cookie its export had, so that it finds itself reconnected
    /// and resends; 0 for a client that is new.
    /// </summary>
    ulong KnownCookie(string clientUuid, ulong remoteHandle);
}

/// <summary>
/// One thing that clients connect to (the ptlrpc side of <c>struct obd_device</c> and <c>lu_target</c>): its handlers
/// by opcode and its exports. Several services may serve one target, and one service several targets.
/// </summary>
public sealed partial class ServiceTarget : IAsyncDisposable
{
    readonly NodeContext _context;
    readonly IServiceTargetHooks? _hooks;
    readonly Dictionary<uint, OpcodeHandler> _handlers = [];        // complete before the first request
    readonly RankedLock _lock = new(53, "obd_dev_lock");
    readonly Dictionary<string, Export> _byUuid = new(StringComparer.Ordinal);     // guarded by _lock
    readonly List<Export> _all = [];    // guarded by _lock, in order of creation
    readonly LogLimiter _logLimit;
    volatile bool _failed;
    volatile bool _stopping;
    volatile bool _recovering;

    public ServiceTarget(
        NodeContext context, ExportTable exports, ServiceTargetOptions options, IServiceTargetHooks? hooks = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        _context = context;
        Exports = exports;
        Options = options;
        _logLimit = new LogLimiter(context, options.Name);
        _hooks = hooks;
        _evictor = context.Clock.CreateTimer(static state => ((ServiceTarget)state!).EvictSilent(), this,
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public ServiceTargetOptions Options { get; }

    public string Name => Options.Name;

    public string Uuid => Options.Uuid;

    public ExportTable Exports { get; }

    /// <summary>Failing over, or stopped by a broken invariant: every request gets ENODEV (<c>OBDF_FAIL</c>).</summary>
    public bool IsFailed => _failed;

    public bool IsStopping => _stopping;

    /// <summary>Clients of the last life may replay (<c>OBDF_RECOVERING</c>); set by the target's recovery.</summary>
    public bool IsRecovering
    {
        get => _recovering;
        set => _recovering = value;
    }

    /// <summary>Whom requests go to while it recovers; null where everything is handled as ever.</summary>
    public ITargetRecovery? Recovery { get; set; }

    /// <summary>New clients get EAGAIN for now (<c>OBDF_NO_CONN</c>).</summary>
    public bool RefusesConnects { get; set; }

    /// <summary>What the lock manager tells clients about how many locks to keep (<c>pb_slv</c>,
    /// <c>pb_limit</c>).</summary>
    public ulong PoolServerLockVolume { get; set; }

    public uint PoolLimit { get; set; }

    /// <summary>Makes the way back to a client that has connected; null leaves exports without one.</summary>
    public Func<Export, IReverseImport>? CreateReverseImport { get; set; }

    /// <summary>Clients that are connected.</summary>
    public int ExportCount
    {
        get
        {
            using (_lock.Enter())
                return _all.Count;
        }
    }

    /// <summary>Adds a row to the table; before the target is added to the <see cref="ExportTable"/>.</summary>
    public void Handle(Enum opcode, OpcodeHandler handler) =>
        _handlers.Add(Convert.ToUInt32(opcode, System.Globalization.CultureInfo.InvariantCulture), handler);

    public Export[] ListExports()
    {
        using (_lock.Enter())
            return [.. _all];
    }

    /// <summary>Throws a client out: it learns of it with ENOTCONN and must connect anew (class_fail_export).</summary>
    public void Evict(Export export)
    {
        ArgumentNullException.ThrowIfNull(export);
        if (Remove(export, evicted: true))
            Log(LogLevel.Warning, $"evicting client {export}");
    }

    /// <summary>Every later request of this target gets ENODEV; other targets go on (LBUG, or failing over).</summary>
    public void Fail()
    {
        _failed = true;
        Log(LogLevel.Error, "stopped after a failure; its requests get ENODEV");
    }

    /// <summary>Takes no more clients and disconnects those there are.</summary>
    public async ValueTask DisposeAsync()
    {
        _stopping = true;
        Exports.Remove(this);
        await _evictor.DisposeAsync();
        foreach (Export export in ListExports())
            Remove(export, evicted: false);
    }

    internal OpcodeHandler? FindHandler(uint opcode) => _handlers.GetValueOrDefault(opcode);

    internal void ReplayFailed(ServerRequest request, Errno error) =>
        Log(LogLevel.Warning, $"replay of {request}: {error}");

    internal void Acknowledged(Export export, ulong lastXid) => _hooks?.Acknowledged(export, lastXid);

    internal void Disconnect(Export export) => Remove(export, evicted: false);

    bool Remove(Export export, bool evicted)
    {
        if (!export.MarkGone(evicted))
            return false;
        using (_lock.Enter())
        {
            if (_byUuid.GetValueOrDefault(export.ClientUuid) == export)
                _byUuid.Remove(export.ClientUuid);
            _all.Remove(export);
        }
        Exports.Remove(export);
        export.ReverseImport?.Closed();
        _hooks?.Disconnected(export, evicted);
        return true;
    }

    void Log(LogLevel level, string message) => _logLimit.Write(level, message);
}
