using Lustrous.Idl.Fids;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ldlm.Server;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Config;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Server;
using Lustrous.Target;
using Lustrous.Target.Fids;

namespace Lustrous.Oss.Ofd;

/// <summary>
/// An object storage target (<c>struct ofd_device</c>): the objects of files, their locks, and the room that clients
/// were promised.
/// </summary>
/// <remarks>
/// Its requests come in over the services of the node (portals 28, 6, 7, 31, and 17 for cancels). Source:
/// lustre/ofd/ofd_dev.c.
/// </remarks>
public sealed partial class OfdDevice : ITargetDevice, IServiceTargetHooks
{
    readonly NodeContext _context;
    readonly IDtDevice _storage;
    readonly LuTarget _target;
    readonly ServerNamespace _namespace;
    readonly SeqServer _sequenceServer;
    readonly RankedLock _lock = new(5, "ofd_seq_list_lock");
    readonly Dictionary<ulong, OfdSequence> _sequences = [];    // guarded by _lock

    /// <param name="node">Of the server: callbacks to clients go out here.</param>
    /// <param name="exports">The node's.</param>
    /// <param name="storage">What it keeps its objects in; the owner disposes it afterwards.</param>
    /// <param name="options">Which OST it is.</param>
    public OfdDevice(PtlrpcNode node, ExportTable exports, IDtDevice storage, OfdOptions options)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(exports);
        ArgumentNullException.ThrowIfNull(storage);
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        _context = node.Context;
        _storage = storage;
        _target = new LuTarget(
            node.Context, exports,
            new LuTargetOptions
            {
                Kind = TargetKind.Ost,
                Name = options.Name,
                Index = options.Index,
                Instance = options.Instance,
                IsReplayable = true,
                Timeouts = node.Options,
            },
            storage, this);
        _target.Service.CreateReverseImport = ReverseImport.Factory(node);
        _namespace = new ServerNamespace(
            node.Context, new ServerNamespaceOptions { Name = $"filter-{options.Name}_UUID" },
            new OfdLvb(storage, options.Index))
        {
            IntentPolicy = ExtentIntent.GlimpseAsync,
        };
        _target.Recovered = _namespace.RecoveryDone;
        _sequenceServer = SeqServer.Create(
            new SeqServerOptions
            {
                Name = $"srv-{options.Name}",
                Index = options.Index,
                Type = SeqRangeType.OST,
                Store = new SequenceStore(storage, DtLocalFid.SeqServer),
            },
            options.Controller);
        AddHandlers();
    }

    public OfdOptions Options { get; }

    public string Name => Options.Name;

    public ServiceTarget Target => _target.Service;

    /// <summary>Clients, grants and transactions.</summary>
    public LuTarget LuTarget => _target;

    /// <summary>Its locks.</summary>
    public ServerNamespace Namespace => _namespace;

    /// <summary>An OST takes nothing from its log but parameters, which are not its business here.</summary>
    public ValueTask<Errno> ProcessConfigAsync(ConfigCommand command, CancellationToken cancel) => new(Errno.OK);

    public ValueTask<Errno> StartAsync(CancellationToken cancel) => new(_target.Start());

    public async ValueTask DisposeAsync()
    {
        await _target.DisposeAsync();
        await _namespace.DisposeAsync();
    }

    /// <summary>A client comes with what an MDT alone may ask for, or to another OST than it thinks
    /// (ofd_parse_connect_data).</summary>
    Errno IServiceTargetHooks.Connecting(Export export, in ObdConnectData asked, ref ObdConnectData reply)
    {
        bool isMdt = (asked.ConnectFlags & ConnectFlags.MDS) != 0;
        if (!isMdt && (asked.ConnectFlags & ConnectFlags.SKIP_ORPHAN) != 0)
            return Errno.EPROTO;
        if ((asked.ConnectFlags & ConnectFlags.INDEX) != 0 && asked.Index != Options.Index)
            return Errno.EBADF;
        TargetExport.Of(export).Data ??= new OfdExport();
        return Errno.OK;
    }

    void IServiceTargetHooks.Connected(Export export, bool isReconnect)
    {
    }

    void IServiceTargetHooks.Disconnected(Export export, bool isEviction) => _namespace.Disconnected(export);

    ulong IServiceTargetHooks.KnownCookie(string clientUuid, ulong remoteHandle) => 0;

    static OfdExport ExportData(Export export) => (OfdExport)TargetExport.Of(export).Data!;

    /// <summary>The sequence, which an MDT may also begin by asking for it.</summary>
    Result<OfdSequence> FindSequence(ulong sequence)
    {
        using (_lock.Enter())
        {
            if (_sequences.TryGetValue(sequence, out OfdSequence? known))
                return known;
            Result<OfdSequence> loaded = OfdSequence.Load(_storage, sequence);
            if (!loaded.Failed)
                _sequences.Add(sequence, loaded.Value);
            return loaded;
        }
    }

    void Log(LogLevel level, string message)
    {
        if (_context.Log.IsEnabled(level))
            _context.Log.Write(new LogEvent(level, Name, message));
    }
}
