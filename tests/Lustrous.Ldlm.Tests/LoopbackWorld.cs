using Lustrous.Idl.LNet;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ldlm.Client;
using Lustrous.Ldlm.Server;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Ldlm.Tests;

/// <summary>A target and its clients in one node, over lolnd, on the machine's own threads and clock.</summary>
sealed class LoopbackWorld : IServiceTargetHooks, IAsyncDisposable
{
    readonly LNetNode _lnet;
    readonly PtlrpcNode _ptlrpc;
    readonly LdlmNode _ldlm;
    readonly Service _service, _cancels;
    readonly ServiceTarget _target;

    LoopbackWorld()
    {
        var context = new NodeContext(
            TimeProvider.System, new SeededRandom(1), new PoolWork(), new BufferPool(), new NoLog());
        _lnet = new LNetNode(context);
        _ptlrpc = new PtlrpcNode(_lnet);
        var exports = new ExportTable(context);
        Server = new ServerNamespace(context, new ServerNamespaceOptions { Name = "test" });
        _target = new ServiceTarget(context, exports, new ServiceTargetOptions
        {
            Name = "test-MDT0000",
            Uuid = "test-MDT0000_UUID",
            Supported = Cluster.LockCluster.Supported,
        }, this)
        { CreateReverseImport = ReverseImport.Factory(_ptlrpc) };
        Server.Register(_target);
        Assert.Equal(Errno.OK, exports.Add(_target));
        _service = new Service(_lnet, new ServiceOptions
        {
            Name = "mdt",
            RequestPortal = Portals.MDS_REQUEST_PORTAL,
            ReplyPortal = Portals.MDC_REPLY_PORTAL,
        }, TargetHandler.Instance, exports);
        _cancels = new Service(_lnet, LdlmServices.Cancel(_ptlrpc.Options), TargetHandler.Instance, exports);
        Assert.Equal((Errno.OK, Errno.OK), (_service.Start(), _cancels.Start()));
        _ldlm = new LdlmNode(_ptlrpc);
        Assert.Equal(Errno.OK, _ldlm.Start());
    }

    public ServerNamespace Server { get; }

    public List<ClientNamespace> Namespaces { get; } = [];

    public int Evictions { get; private set; }

    public static async Task<LoopbackWorld> StartAsync(int clients)
    {
        var world = new LoopbackWorld();
        for (int i = 0; i < clients; i++)
            await world.AddClientAsync(i);
        return world;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ClientNamespace ns in Namespaces)
        {
            await ns.DisposeAsync();
            await ns.Import.DisposeAsync();
        }
        await _ldlm.DisposeAsync();
        await _service.DisposeAsync();
        await _cancels.DisposeAsync();
        await _target.DisposeAsync();
        await Server.DisposeAsync();
        _ptlrpc.Dispose();
        await _lnet.DisposeAsync();
    }

    Errno IServiceTargetHooks.Connecting(Export export, in ObdConnectData asked, ref ObdConnectData reply) => Errno.OK;

    void IServiceTargetHooks.Connected(Export export, bool isReconnect)
    {
    }

    void IServiceTargetHooks.Disconnected(Export export, bool isEviction)
    {
        Evictions += isEviction ? 1 : 0;
        Server.Disconnected(export);
    }

    ulong IServiceTargetHooks.KnownCookie(string clientUuid, ulong remoteHandle) => 0;

    async Task AddClientAsync(int index)
    {
        var import = new Import(_ptlrpc, new ImportOptions
        {
            DeviceName = "test-mdc",
            TargetUuid = _target.Uuid,
            ClientUuid = $"client-{index}",
            Peers = [new LNetProcessId(Nid.Loopback, LNetProcessId.LustrePid)],
            ConnectOpcode = (uint)MdsOpcode.Connect,
            RequestPortal = Portals.MDS_REQUEST_PORTAL,
            ReplyPortal = Portals.MDC_REPLY_PORTAL,
            LocalHandle = 77 + (ulong)index,
            ConnectData = Cluster.LockCluster.Supported,
        });
        Namespaces.Add(new ClientNamespace(
            _ldlm, import, new ClientNamespaceOptions { Name = $"test-{index}", LruSize = 100_000 }));
        Assert.Equal(Errno.OK, await import.ConnectAsync(default));
    }

    sealed class PoolWork : IWorkQueue
    {
        public void Post(Action<object?> work, object? state) =>
            ThreadPool.UnsafeQueueUserWorkItem(work, state, preferLocal: false);
    }

    sealed class NoLog : ILogSink
    {
        public bool IsEnabled(LogLevel level) => false;

        public void Write(in LogEvent entry)
        {
        }
    }
}
