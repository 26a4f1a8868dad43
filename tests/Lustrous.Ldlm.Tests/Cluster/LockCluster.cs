using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ldlm.Server;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;
using Lustrous.Simulation;

namespace Lustrous.Ldlm.Tests.Cluster;

/// <summary>One server with one target, and clients, on a simulated network.</summary>
sealed class LockCluster : IServiceTargetHooks, IAsyncDisposable
{
    public const string TargetUuid = "test-OST0000_UUID";

    readonly List<LockClient> _clients = [];
    PtlrpcNode _ptlrpc = null!;
    Service _service = null!, _cancels = null!;

    readonly bool _takesFileLocks;

    LockCluster(Simulation.Simulation sim, bool takesFileLocks) => (Sim, _takesFileLocks) = (sim, takesFileLocks);

    public static ConnectFlags Flags =>
        ConnectFlags.VERSION | ConnectFlags.FULL20 | ConnectFlags.AT | ConnectFlags.FLAGS2 | ConnectFlags.CANCELSET
        | ConnectFlags.LVB_TYPE | ConnectFlags.FLOCK_DEAD;

    public static ObdConnectData Supported => new()
    {
        ConnectFlags = Flags,
        ConnectFlags2 = ConnectFlags2.REP_MBITS | ConnectFlags2.LOCK_CONVERT,
    };

    public Simulation.Simulation Sim { get; }

    public SimNode Server { get; private set; } = null!;

    public ServiceTarget Target { get; private set; } = null!;

    public ServerNamespace Namespace { get; private set; } = null!;

    public TestLvb Lvb { get; } = new();

    public IReadOnlyList<LockClient> Clients => _clients;

    /// <summary>What the target keeps, by object and page: written by clients' flushes.</summary>
    public Dictionary<(ulong Object, ulong Page), ulong> Pages { get; } = [];

    /// <summary>Clients that were thrown out.</summary>
    public List<string> Evicted { get; } = [];

    public Action<string>? OnEvicted { get; set; }

    public int LockTimeoutSeconds { get; init; } = 20;

    public static void Run(int clients, Func<LockCluster, Task> body, ulong seed = 1, bool takesFileLocks = true) =>
        Simulation.Simulation.Run(seed, sim => RunAsync(sim, clients, body, takesFileLocks));

    public static async Task RunAsync(
        Simulation.Simulation sim, int clients, Func<LockCluster, Task> body, bool takesFileLocks = true)
    {
        // After a failure nothing is taken down: that might hang, and the failure is what counts.
        var cluster = new LockCluster(sim, takesFileLocks);
        await cluster.StartAsync(clients);
        await body(cluster);
        await cluster.DisposeAsync();
    }

    /// <summary>Runs on the server, as its handlers do.</summary>
    public Task OnServerAsync(Func<Task> body) => Server.RunAsync(body);

    public async Task<LockClient> AddClientAsync()
    {
        var client = new LockClient(this, await Sim.AddNodeAsync(), $"client-{_clients.Count + 1}");
        _clients.Add(client);
        await client.StartAsync();
        return client;
    }

    /// <summary>The server's process dies, and comes back without memory.</summary>
    /// <param name="isRecovering">It knows that it had clients, and has them tell what they hold.</param>
    public async Task RestartServerAsync(bool isRecovering)
    {
        Server.Crash(loud: true);
        await Server.RestartAsync();
        await Server.RunAsync(() =>
        {
            Start();
            Target.IsRecovering = isRecovering;
            return Task.CompletedTask;
        });
    }

    public async ValueTask DisposeAsync()
    {
        foreach (LockClient client in _clients)
            await client.DisposeAsync();
        await Server.RunAsync(async () =>
        {
            await _service.DisposeAsync();
            await _cancels.DisposeAsync();
            await Target.DisposeAsync();
            await Namespace.DisposeAsync();
        });
        await Sim.SettledAsync();
        Assert.Equal((0, 0, 0), (Namespace.LockCount, Namespace.GrantedCount, Namespace.ResourceCount));
        Server.Host.Call(_ptlrpc.Dispose);
    }

    Errno IServiceTargetHooks.Connecting(Export export, in ObdConnectData asked, ref ObdConnectData reply) => Errno.OK;

    void IServiceTargetHooks.Connected(Export export, bool isReconnect)
    {
    }

    void IServiceTargetHooks.Disconnected(Export export, bool isEviction)
    {
        if (isEviction)
        {
            Evicted.Add(export.ClientUuid);
            OnEvicted?.Invoke(export.ClientUuid);
        }
        Namespace.Disconnected(export);
    }

    ulong IServiceTargetHooks.KnownCookie(string clientUuid, ulong remoteHandle) => 0;

    async Task StartAsync(int clients)
    {
        Server = await Sim.AddNodeAsync();
        await Server.RunAsync(() =>
        {
            Start();
            return Task.CompletedTask;
        });
        for (int i = 0; i < clients; i++)
            await AddClientAsync();
    }

    void Start()
    {
        _ptlrpc = new PtlrpcNode(Server.LNet);
        var exports = new ExportTable(Server.Context);
        Namespace = new ServerNamespace(
            Server.Context,
            new ServerNamespaceOptions
            {
                Name = "filter-test-OST0000",
                LockTimeoutSeconds = LockTimeoutSeconds,
                TakesFileLocks = _takesFileLocks,
            },
            Lvb);
        Target = new ServiceTarget(Server.Context, exports, new ServiceTargetOptions
        {
            Name = "test-OST0000",
            Uuid = TargetUuid,
            Supported = Supported,
            Instance = 1,
            IsReplayable = true,
        }, this)
        { CreateReverseImport = ReverseImport.Factory(_ptlrpc) };
        Namespace.Register(Target);
        Target.Handle(OstOpcode.Setattr, new OpcodeHandler(
            RequestFormats.OstSetattr, LustreMsgVersion.OST_VERSION, HandlerFlags.HasReply, WritePage));
        Target.Handle(OstOpcode.Getattr, new OpcodeHandler(
            RequestFormats.OstGetattr, LustreMsgVersion.OST_VERSION, HandlerFlags.HasReply, ReadPage));
        Assert.Equal(Errno.OK, exports.Add(Target));
        _service = new Service(Server.LNet, new ServiceOptions
        {
            Name = "ost",
            RequestPortal = Portals.OST_REQUEST_PORTAL,
            ReplyPortal = Portals.OSC_REPLY_PORTAL,
        }, TargetHandler.Instance, exports);
        _cancels = new Service(
            Server.LNet, LdlmServices.Cancel(PtlrpcOptions.Default), TargetHandler.Instance, exports);
        Assert.Equal(Errno.OK, _service.Start());
        Assert.Equal(Errno.OK, _cancels.Start());
    }

    ValueTask<Errno> WritePage(ServerRequest request, CancellationToken cancel)
    {
        if (!request.Capsule.TryGet(Rmf.OstBody, MessageSide.Request, out OstBody body))
            return new(Errno.EPROTO);
        Pages[(body.Attributes.ObjectId.FirstWord, body.Attributes.Blocks)] = body.Attributes.Size;
        return new(Errno.OK);
    }

    ValueTask<Errno> ReadPage(ServerRequest request, CancellationToken cancel)
    {
        if (!request.Capsule.TryGet(Rmf.OstBody, MessageSide.Request, out OstBody body))
            return new(Errno.EPROTO);
        body.Attributes.Size =
            Pages.GetValueOrDefault((body.Attributes.ObjectId.FirstWord, body.Attributes.Blocks));
        request.Capsule.Set(Rmf.OstBody, MessageSide.Reply, body);
        return new(Errno.OK);
    }
}
