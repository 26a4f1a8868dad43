using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mgs;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ldlm.Server;
using Lustrous.Mgs.Logs;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Mgs;

/// <summary>
/// The management server: keeps the configuration logs of its file systems, registers targets, and tells clients of
/// changes by taking the locks back under which they read.
/// </summary>
/// <remarks>Source: lustre/mgs/mgs_handler.c, mgs_llog.c and mgs_nids.c.</remarks>
public sealed partial class MgsTarget : IServiceTargetHooks, IAsyncDisposable
{
    /// <summary>What clients ask for.</summary>
    public const string Uuid = "MGS";

    /// <summary>The log of parameters that are set everywhere (<c>PARAMS_FILENAME</c>).</summary>
    public const string ParamsLog = "params";

    readonly PtlrpcNode _node;
    readonly RankedLock _lock = new(6, "mgs_mutex");
    readonly IConfigStore _store;
    readonly ConfigLogSet _logs;                                                        // guarded by _lock
    readonly SortedDictionary<string, FsDb> _fileSystems = new(StringComparer.Ordinal); // guarded by _lock
    readonly Dictionary<LdlmResId, bool> _revoking = [];    // guarded by _lock; true: once more after it has ended
    readonly CancellationTokenSource _stopping = new();

    public MgsTarget(PtlrpcNode node, ExportTable exports, MgsOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(exports);
        _node = node;
        Options = options ?? new MgsOptions();
        _store = Options.Store ?? new MemoryConfigStore();
        _logs = new ConfigLogSet(_store, () => node.Context.UnixSeconds);
        Namespace = new ServerNamespace(node.Context, new ServerNamespaceOptions { Name = Uuid });
        Target = new ServiceTarget(node.Context, exports, new ServiceTargetOptions
        {
            Name = Uuid,
            Uuid = Uuid,
            Supported = new ObdConnectData
            {
                ConnectFlags = SupportedFlags,
                ConnectFlags2 = SupportedFlags2,
                Version = LustreVersion.Code,
                BrwSize = 1 << 20,
            },
            Instance = Options.Instance,
            FailClass = ObdFail.MgsClass,
        }, this)
        {
            CreateReverseImport = ReverseImport.Factory(node),
        };
        Namespace.Register(Target);
        AddHandlers();
    }

    /// <summary>What an MGS of ours can do.</summary>
    public const ConnectFlags SupportedFlags =
        ConnectFlags.VERSION | ConnectFlags.FULL20 | ConnectFlags.AT | ConnectFlags.IMP_RECOV | ConnectFlags.FLAGS2
        | ConnectFlags.BULK_MBITS | ConnectFlags.LVB_TYPE | ConnectFlags.MGS_NIDLIST | ConnectFlags.BRW_SIZE;

    public const ConnectFlags2 SupportedFlags2 = ConnectFlags2.REP_MBITS | ConnectFlags2.LARGE_NID;

    public MgsOptions Options { get; }

    public ServiceTarget Target { get; }

    /// <summary>The locks under which clients read the logs.</summary>
    public ServerNamespace Namespace { get; }

    /// <summary>The service that its clients' requests come to.</summary>
    public static ServiceOptions ServiceOptions(PtlrpcOptions timeouts) => new()
    {
        Name = "mgs",
        RequestPortal = Portals.MGS_REQUEST_PORTAL,
        ReplyPortal = Portals.MGC_REPLY_PORTAL,
        HasHighPriorityQueue = true,
        Timeouts = timeouts,
    };

    /// <summary>Reads the logs there are, and takes clients from here on.</summary>
    public async ValueTask<Errno> StartAsync(CancellationToken cancel)
    {
        Errno error;
        using (_lock.Enter())
        {
            error = _logs.Open();
            if (error == Errno.OK)
                error = _logs.FindOrCreate(ParamsLog).Error;
            if (error == Errno.OK)
                error = ReadFileSystems();
        }
        if (error == Errno.OK)
            error = await _store.SyncAsync(cancel);
        return error == Errno.OK ? Target.Exports.Add(Target) : error;
    }

    /// <summary>Names of the file systems that have registered targets.</summary>
    public IReadOnlyList<string> FileSystems
    {
        get
        {
            using (_lock.Enter())
                return [.. _fileSystems.Values.Where(fs => !fs.IsEmpty).Select(fs => fs.Name)];
        }
    }

    /// <summary>Names of the logs there are (<c>lctl --device MGS llog_catlist</c>).</summary>
    public IReadOnlyList<string> LogNames
    {
        get
        {
            using (_lock.Enter())
                return _logs.Names;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _stopping.Cancel();
        await Target.DisposeAsync();
        await Namespace.DisposeAsync();
        _stopping.Dispose();
    }

    Errno IServiceTargetHooks.Connecting(Export export, in ObdConnectData asked, ref ObdConnectData reply) => Errno.OK;

    void IServiceTargetHooks.Connected(Export export, bool isReconnect)
    {
    }

    void IServiceTargetHooks.Disconnected(Export export, bool isEviction) => Namespace.Disconnected(export);

    ulong IServiceTargetHooks.KnownCookie(string clientUuid, ulong remoteHandle) => 0;

    void AddHandlers()
    {
        Target.Handle(MgsOpcode.TargetReg, new OpcodeHandler(
            RequestFormats.MgsTargetReg, LustreMsgVersion.MGS_VERSION, HandlerFlags.IsMutable, TargetRegAsync));
        Target.Handle(MgsOpcode.TargetDel, new OpcodeHandler(
            null, LustreMsgVersion.MGS_VERSION, HandlerFlags.IsMutable, static (_, _) => new(Errno.OK)));
        Target.Handle(MgsOpcode.SetInfo, new OpcodeHandler(
            RequestFormats.MgsSetInfo, LustreMsgVersion.MGS_VERSION, HandlerFlags.HasReply | HandlerFlags.IsMutable,
            SetInfoAsync));
        Target.Handle(MgsOpcode.ConfigRead, new OpcodeHandler(
            RequestFormats.MgsConfigRead, LustreMsgVersion.MGS_VERSION, HandlerFlags.HasReply, ConfigReadAsync));
        Target.Handle(LlogOpcode.OriginHandleCreate, new OpcodeHandler(
            RequestFormats.LlogOriginHandleCreate, LustreMsgVersion.LOG_VERSION, HandlerFlags.HasReply, OpenLog));
        Target.Handle(LlogOpcode.OriginHandleReadHeader, new OpcodeHandler(
            RequestFormats.LlogOriginHandleReadHeader, LustreMsgVersion.LOG_VERSION, HandlerFlags.None,
            ReadLogHeader));
        Target.Handle(LlogOpcode.OriginHandleNextBlock, new OpcodeHandler(
            RequestFormats.LlogOriginHandleNextBlock, LustreMsgVersion.LOG_VERSION, HandlerFlags.None,
            ReadNextBlock));
        Target.Handle(LlogOpcode.OriginHandlePrevBlock, new OpcodeHandler(
            RequestFormats.LlogOriginHandlePrevBlock, LustreMsgVersion.LOG_VERSION, HandlerFlags.None,
            ReadPreviousBlock));
    }

    /// <summary>The file systems are those that clients have a log of.</summary>
    Errno ReadFileSystems()
    {
        const string suffix = "-client";
        foreach (string name in _logs.Names)
        {
            if (!name.EndsWith(suffix, StringComparison.Ordinal))
                continue;
            FsDb fs = FindOrAddFs(name[..^suffix.Length]);
            if (fs.ReadFrom(_logs.Find(name)!) is var error and not Errno.OK)
                return error;
            if (_store.LoadTable(fs.Name) is { } table && !fs.Nids.TryLoad(table))
                Log(LogLevel.Error, $"the table of NIDs of {fs.Name} is damaged: its targets fill it again");
        }
        return Errno.OK;
    }

    FsDb FindOrAddFs(string name)
    {
        if (_fileSystems.TryGetValue(name, out FsDb? fs))
            return fs;
        _fileSystems.Add(name, fs = new FsDb(name));
        if (_parameters is { } tree)
            AddLive(tree, fs);
        return fs;
    }

    void Log(LogLevel level, string message) => _node.Context.Log.Write(new(level, Uuid, message));
}
