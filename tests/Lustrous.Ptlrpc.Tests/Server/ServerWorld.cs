using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;
using Lustrous.Simulation;

namespace Lustrous.Ptlrpc.Tests.Server;

/// <summary>
/// A server with one target and a service, and a client to talk to it. OST_SETATTR counts how often it was executed;
/// others are given by the test.
/// </summary>
sealed class ServerWorld
{
    public const uint RequestPortal = (uint)Portals.OST_REQUEST_PORTAL;
    public const uint ReplyPortal = (uint)Portals.OSC_REPLY_PORTAL;

    public static ConnectFlags AllFlags =>
        ConnectFlags.VERSION | ConnectFlags.FULL20 | ConnectFlags.BRW_SIZE | ConnectFlags.CKSUM | ConnectFlags.FLAGS2
        | ConnectFlags.AT | ConnectFlags.RDONLY | ConnectFlags.MDS | ConnectFlags.BULK_MBITS;

    int _clients;

    ServerWorld(Simulation.Simulation sim, SimNode serverNode, SimNode clientNode)
    {
        Sim = sim;
        ServerNode = serverNode;
        ClientNode = clientNode;
        Exports = new ExportTable(serverNode.Context);
    }

    public Simulation.Simulation Sim { get; }

    public SimNode ServerNode { get; }

    public SimNode ClientNode { get; }

    public ExportTable Exports { get; }

    public ServiceTarget Target { get; private set; } = null!;

    public Service Service { get; private set; } = null!;

    public ScriptedClient Client { get; private set; } = null!;

    /// <summary>How often OST_SETATTR was executed.</summary>
    public int Executed { get; private set; }

    public static ObdConnectData Supported => new()
    {
        ConnectFlags = AllFlags,
        ConnectFlags2 = ConnectFlags2.REP_MBITS,
        Version = 0x02110000,
        BrwSize = 4 << 20,
        ChecksumTypes = ChecksumTypes.CRC32C | ChecksumTypes.ADLER,
    };

    public static ObdConnectData Asked => new()
    {
        ConnectFlags = ConnectFlags.VERSION | ConnectFlags.FULL20 | ConnectFlags.BRW_SIZE,
        BrwSize = 1 << 20,
    };

    /// <summary>Runs <paramref name="body"/> in a simulation with this world, the client connected.</summary>
    public static void Run(
        Func<ServerWorld, Task> body, ServiceOptions? options = null, Action<ServiceTarget>? handlers = null,
        bool connect = true, IServiceTargetHooks? hooks = null, ulong seed = 7) =>
        Simulation.Simulation.Run(seed, async sim =>
        {
            SimNode[] nodes = await sim.AddNodesAsync(2);
            var world = new ServerWorld(sim, nodes[0], nodes[1]);
            await world.StartAsync(options ?? Options(), handlers, hooks);
            if (connect)
                Assert.Equal(Errno.OK, (await world.Client.ConnectAsync(Asked)).Error);
            await body(world);
            await world.StopAsync();
        });

    public static ServiceOptions Options() => new()
    {
        Name = "ost",
        RequestPortal = RequestPortal,
        ReplyPortal = ReplyPortal,
        BufferSize = 64 << 10,
        BufferCount = 2,
    };

    public ScriptedClient NewClient(string uuid) =>
        new(ClientNode, ServerNode.Id, RequestPortal, ReplyPortal, ++_clients)
        {
            Uuid = uuid,
            OwnHandle = (ulong)uuid.Length << 8 | uuid[^1],
        };

    async Task StartAsync(ServiceOptions options, Action<ServiceTarget>? handlers, IServiceTargetHooks? hooks)
    {
        await ServerNode.RunAsync(() =>
        {
            Target = new ServiceTarget(ServerNode.Context, Exports, new ServiceTargetOptions
            {
                Name = "echo-OST0000",
                Uuid = "echo-OST0000_UUID",
                Supported = Supported,
                Instance = 3,
            }, hooks);
            Target.Handle(OstOpcode.Read, new OpcodeHandler(
                null, LustreMsgVersion.OST_VERSION, HandlerFlags.RememberReply | HandlerFlags.IsMutable, (request, _) =>
                {
                    request.Status = ++Executed;
                    return new(Errno.OK);
                }));
            handlers?.Invoke(Target);
            Assert.Equal(Errno.OK, Exports.Add(Target));
            Service = new Service(ServerNode.LNet, options, TargetHandler.Instance, Exports);
            Assert.Equal(Errno.OK, Service.Start());
            return Task.CompletedTask;
        });
        Client = NewClient("client-1");
    }

    async Task StopAsync()
    {
        await ServerNode.RunAsync(async () =>
        {
            await Service.DisposeAsync();
            await Target.DisposeAsync();
        });
        Client.Close();
        foreach (ScriptedClient client in Others)
            client.Close();
        await Sim.SettledAsync();
    }

    /// <summary>Clients beside the first, to be closed at the end.</summary>
    public List<ScriptedClient> Others { get; } = [];
}

/// <summary>A handler that ends when the test says so.</summary>
sealed class Gate
{
    public List<(ServerRequest Request, TaskCompletionSource<Errno> Source)> Held { get; } = [];

    public List<ulong> Order { get; } = [];

    public OpcodeHandler Handler(HandlerFlags flags = HandlerFlags.None) =>
        new(null, LustreMsgVersion.OST_VERSION, flags, (request, _) =>
        {
            var source = new TaskCompletionSource<Errno>(TaskCreationOptions.RunContinuationsAsynchronously);
            Held.Add((request, source));
            Order.Add(request.Xid);
            return new(source.Task);
        });

    public void Release(Errno status = Errno.OK)
    {
        var (_, source) = Held[0];
        Held.RemoveAt(0);
        source.SetResult(status);
    }
}
