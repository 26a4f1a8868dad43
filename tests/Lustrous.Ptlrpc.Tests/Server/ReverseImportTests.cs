using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;
using Lustrous.Simulation;

namespace Lustrous.Ptlrpc.Tests.Server;

/// <summary>A target calls its client back: LDLM_BL_CALLBACK to the client's portal 15, the reply to our
/// portal 16.</summary>
public sealed class ReverseImportTests
{
    const ulong ClientHandle = 0xC11E47;

    [Fact]
    public void A_callback_reaches_the_client_with_its_own_handle_and_its_reply_comes_back() => Run(async world =>
    {
        Assert.Equal(Errno.OK, await world.CallbackAsync());
        Callback seen = Assert.Single(world.Seen);
        Assert.Equal((uint)LdlmOpcode.BlCallback, seen.Opcode);
        Assert.Equal((ClientHandle, 77u), (seen.Handle, seen.Count));
    });

    [Fact]
    public void An_error_of_the_client_is_the_callbacks_status() => Run(async world =>
    {
        world.Answer = _ => Errno.EINVAL;
        Assert.Equal(Errno.EINVAL, await world.CallbackAsync());
    });

    [Fact]
    public void A_callback_that_was_lost_is_sent_again_when_the_client_has_reconnected() => Run(async world =>
    {
        world.Answer = request =>
        {
            request.NoReply = world.Seen.Count == 1;
            return Errno.OK;
        };
        Task<Errno> callback = world.CallbackAsync();
        await world.Sim.SettledAsync();
        Assert.Single(world.Seen);
        TimeSpan before = world.Sim.Now;
        world.Client.Host.Call(() => world.Import.Recover());
        Assert.Equal(Errno.OK, await callback);
        Assert.True(world.Sim.Now - before < TimeSpan.FromSeconds(5), "it waited for its deadline");
        Assert.Equal(2, world.Seen.Count);
        Assert.Equal(world.Seen[0].Xid, world.Seen[1].Xid);
        Assert.False(world.Seen[0].Flags.HasFlag(MsgFlags.RESENT));
        Assert.True(world.Seen[1].Flags.HasFlag(MsgFlags.RESENT));
        Assert.Equal(Errno.OK, await world.CallbackAsync());
    });

    [Fact]
    public void A_callback_to_a_silent_client_ends_in_time_and_is_not_repeated() => Run(async world =>
    {
        world.Answer = request =>
        {
            request.NoReply = true;
            return Errno.OK;
        };
        Assert.Equal(Errno.ETIMEDOUT, await world.CallbackAsync());
        Assert.Single(world.Seen);
    });

    [Fact]
    public void What_is_in_flight_to_a_client_that_is_evicted_ends_at_once() => Run(async world =>
    {
        world.Answer = request =>
        {
            request.NoReply = true;
            return Errno.OK;
        };
        Task<Errno> callback = world.CallbackAsync();
        await world.Sim.SettledAsync();
        Export export = world.Export;
        TimeSpan before = world.Sim.Now;
        world.Server.Host.Call(() => world.Target.Evict(export));
        Assert.Equal(Errno.EIO, await callback);
        Assert.True(world.Sim.Now - before < TimeSpan.FromSeconds(1));
        world.Server.Host.Call(() => Assert.Null(export.ReverseImport!.NewRequest(RequestFormats.LdlmBlCallback)));
    });

    static void Run(Func<World, Task> body) => Simulation.Simulation.Run(11, async sim =>
    {
        SimNode[] nodes = await sim.AddNodesAsync(2);
        await using var world = new World(sim, nodes[0], nodes[1]);
        await world.StartAsync();
        await body(world);
    });

    sealed record Callback(uint Opcode, ulong Xid, ulong Handle, uint Count, MsgFlags Flags);

    /// <summary>A target with a way back, and a client that connects with a real import and serves
    /// callbacks.</summary>
    sealed class World(Simulation.Simulation sim, SimNode server, SimNode client) : IServiceHandler, IAsyncDisposable
    {
        PtlrpcNode _serverNode = null!, _clientNode = null!;
        Service _ost = null!, _callbacks = null!;

        public Simulation.Simulation Sim => sim;

        public SimNode Server => server;

        public SimNode Client => client;

        public ServiceTarget Target { get; private set; } = null!;

        public Import Import { get; private set; } = null!;

        public Export Export => Assert.Single(Target.ListExports());

        /// <summary>Callbacks the client has got.</summary>
        public List<Callback> Seen { get; } = [];

        public Func<ServerRequest, Errno> Answer { get; set; } = _ => Errno.OK;

        public async Task<Errno> CallbackAsync()
        {
            Errno status = default;
            await server.RunAsync(async () =>
            {
                using PtlrpcRequest request = Export.ReverseImport!.NewRequest(RequestFormats.LdlmBlCallback)!;
                request.Set(Rmf.DlmReq, new LdlmRequest { Count = 77 });
                status = await request.SendAsync(default);
            });
            return status;
        }

        public async Task StartAsync()
        {
            await server.RunAsync(() =>
            {
                _serverNode = new PtlrpcNode(server.LNet);
                var exports = new ExportTable(server.Context);
                Target = new ServiceTarget(server.Context, exports, new ServiceTargetOptions
                {
                    Name = "echo-OST0000",
                    Uuid = "echo-OST0000_UUID",
                    Supported = ServerWorld.Supported,
                    Instance = 3,
                    IsReplayable = true,
                })
                { CreateReverseImport = ReverseImport.Factory(_serverNode) };
                Assert.Equal(Errno.OK, exports.Add(Target));
                _ost = new Service(server.LNet, ServerWorld.Options(), TargetHandler.Instance, exports);
                Assert.Equal(Errno.OK, _ost.Start());
                return Task.CompletedTask;
            });
            await client.RunAsync(async () =>
            {
                _clientNode = new PtlrpcNode(client.LNet);
                _callbacks = new Service(client.LNet, new ServiceOptions
                {
                    Name = "ldlm_cbd",
                    RequestPortal = Portals.LDLM_CB_REQUEST_PORTAL,
                    ReplyPortal = Portals.LDLM_CB_REPLY_PORTAL,
                    TakesCallbacks = true,
                }, this, new ExportTable(client.Context));
                Assert.Equal(Errno.OK, _callbacks.Start());
                Import = new Import(_clientNode, new ImportOptions
                {
                    DeviceName = "echo-osc",
                    TargetUuid = "echo-OST0000_UUID",
                    ClientUuid = "client-1",
                    Peers = [server.Id],
                    ConnectOpcode = (uint)OstOpcode.Connect,
                    RequestPortal = ServerWorld.RequestPortal,
                    ReplyPortal = ServerWorld.ReplyPortal,
                    LocalHandle = ClientHandle,
                    ConnectData = ServerWorld.Supported,
                });
                Assert.Equal(Errno.OK, await Import.ConnectAsync(default));
            });
        }

        public async ValueTask DisposeAsync()
        {
            await client.RunAsync(async () =>
            {
                await Import.DisposeAsync();
                await _callbacks.DisposeAsync();
            });
            await server.RunAsync(async () =>
            {
                await _ost.DisposeAsync();
                await Target.DisposeAsync();
            });
            await sim.SettledAsync();
            Assert.Equal((0, 0), (_clientNode.RequestCount, _serverNode.RequestCount));
            client.Host.Call(_clientNode.Dispose);
            server.Host.Call(_serverNode.Dispose);
        }

        ValueTask<Errno> IServiceHandler.HandleAsync(ServerRequest request, CancellationToken cancel)
        {
            request.Capsule.SetFormat(RequestFormats.LdlmBlCallback);
            if (!request.Capsule.TryGet(Rmf.DlmReq, MessageSide.Request, out LdlmRequest body))
                return new(Errno.EPROTO);
            Seen.Add(new(request.Opcode, request.Xid, request.HandleCookie, body.Count, request.Flags));
            return new(Answer(request));
        }

        bool IServiceHandler.IsHighPriority(ServerRequest request) => true;
    }
}
