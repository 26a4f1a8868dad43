using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Mem;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;
using Lustrous.Simulation;
using Lustrous.Target.Services;

namespace Lustrous.Target.Tests.Support;

/// <summary>
/// A server with one target on a device in memory, and clients, on a simulated network. OST_SETATTR is a transaction
/// that
/// stops with the errno in <c>o_uid</c>.
/// </summary>
sealed class TargetWorld : IAsyncDisposable
{
    public static PtlrpcOptions Timeouts { get; } = PtlrpcOptions.Default with { ObdTimeoutSeconds = 20 };

    readonly List<Import> _imports = [];
    readonly List<PtlrpcNode> _nodes = [];
    readonly Simulation.Simulation _sim;
    SimNode _server = null!;
    TargetServices _services = null!;

    TargetWorld(Simulation.Simulation sim) => _sim = sim;

    public LuTarget Target { get; private set; } = null!;

    public MemDevice Device { get; private set; } = null!;

    public TimeProvider Clock => _server.Context.Clock;

    public static void Run(
        TargetKind kind, Func<TargetWorld, Task> body, TimeSpan commitDelay = default, ulong seed = 1) =>
        Simulation.Simulation.Run(seed, async sim =>
        {
            await using var world = new TargetWorld(sim);
            await world.StartAsync(kind, commitDelay);
            await body(world);
        });

    /// <summary>A client node with an import of the target.</summary>
    public async Task<Import> NewClientAsync(ObdConnectData asked, string uuid)
    {
        SimNode node = await _sim.AddNodeAsync();
        Import import = null!;
        await node.RunAsync(() =>
        {
            var rpc = new PtlrpcNode(node.LNet, Timeouts);
            _nodes.Add(rpc);
            bool isOst = Target.Options.Kind == TargetKind.Ost;
            import = new Import(rpc, new ImportOptions
            {
                DeviceName = uuid,
                TargetUuid = Target.Options.Uuid,
                ClientUuid = uuid,
                Peers = [_server.Id],
                ConnectOpcode = isOst ? (uint)OstOpcode.Connect : (uint)MdsOpcode.Connect,
                RequestPortal = isOst ? Portals.OST_REQUEST_PORTAL : Portals.MDS_REQUEST_PORTAL,
                ReplyPortal = isOst ? Portals.OSC_REPLY_PORTAL : Portals.MDC_REPLY_PORTAL,
                ConnectData = asked,
            });
            _imports.Add(import);
            return Task.CompletedTask;
        });
        return import;
    }

    public async Task<Import> ConnectAsync(ObdConnectData asked, string uuid = "client-1")
    {
        Import import = await NewClientAsync(asked, uuid);
        Lassert.That(await import.ConnectAsync(default) == Errno.OK);
        return import;
    }

    /// <summary>What a kernel client asks for, more or less.</summary>
    public static ObdConnectData Asked => new()
    {
        ConnectFlags = (ConnectFlags)ulong.MaxValue
            & ~(ConnectFlags.RDONLY | ConnectFlags.MDS | ConnectFlags.SKIP_ORPHAN | ConnectFlags.INDEX
                | ConnectFlags.LIGHTWEIGHT | ConnectFlags.MDS_MDS | ConnectFlags.PINGLESS),
        ConnectFlags2 = (ConnectFlags2)ulong.MaxValue,
        BrwSize = 64 << 20,
        Grant = 2 << 20,
        InodeBitsKnown = InodeBitsMasks.FULL,
        ChecksumTypes = ChecksumTypes.ADLER | ChecksumTypes.CRC32C | ChecksumTypes.T10IP512,
        MaxModifyRpcs = 200,
    };

    public static async Task<(Errno Status, ulong Transno)> ChangeAsync(Import import, Errno result = Errno.OK)
    {
        using PtlrpcRequest request = import.NewRequest(RequestFormats.OstSetattr);
        request.Set(Rmf.OstBody, new OstBody { Attributes = new Obdo { Uid = (uint)result } });
        Errno status = await request.SendAsync(default);
        return (status, request.Transno);
    }

    async Task StartAsync(TargetKind kind, TimeSpan commitDelay)
    {
        _server = await _sim.AddNodeAsync();
        await _server.RunAsync(() =>
        {
            var exports = new ExportTable(_server.Context);
            Device = new MemDevice(_server.Context, new MemDeviceOptions
            {
                CapacityBytes = 256 << 20,
                CommitDelay = commitDelay,
            });
            Target = new LuTarget(_server.Context, exports, new LuTargetOptions
            {
                Kind = kind,
                Name = kind == TargetKind.Ost ? "test-OST0003" : "test-MDT0000",
                Index = kind == TargetKind.Ost ? 3U : 0,
                IsReplayable = true,
            }, Device);
            CommonHandlers.AddStatfs(Target);
            if (kind == TargetKind.Ost)
            {
                Target.Service.Handle(OstOpcode.Setattr, new OpcodeHandler(
                    RequestFormats.OstSetattr, LustreMsgVersion.OST_VERSION, HandlerFlags.HasReply, Change));
            }
            Lassert.That(Target.Start() == Errno.OK);
            _services = new TargetServices(
                kind == TargetKind.Ost ? ServerRoles.Oss : ServerRoles.Mds,
                options => new Service(_server.LNet, options, TargetHandler.Instance, exports), Timeouts);
            Lassert.That(_services.Start() == Errno.OK);
            return Task.CompletedTask;
        });
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Import import in _imports)
            await import.DisposeAsync();
        await _server.RunAsync(async () =>
        {
            await _services.DisposeAsync();
            await Target.DisposeAsync();
            await Device.DisposeAsync();
        });
        foreach (PtlrpcNode node in _nodes)
            node.Dispose();
    }

    ValueTask<Errno> Change(ServerRequest request, CancellationToken cancel)
    {
        if (!request.Capsule.TryGet(Rmf.OstBody, MessageSide.Request, out OstBody body))
            return new(Errno.EPROTO);
        DtTransaction transaction = Target.Begin(request);
        Errno error = transaction.Start();
        if (error == Errno.OK)
            error = (Errno)body.Attributes.Uid;
        transaction.Stop(error);
        return new(error);
    }
}
