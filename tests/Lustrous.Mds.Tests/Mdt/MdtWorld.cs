using Lustrous.Idl.Fids;
using Lustrous.Libcfs;
using Lustrous.Mds.Mdd;
using Lustrous.Mds.Mdt;
using Lustrous.Osd.Mem;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Server;
using Lustrous.Simulation;
using Lustrous.Target.Services;

namespace Lustrous.Mds.Tests.Mdt;

/// <summary>A metadata server on a simulated network, over a device in memory, and clients that write their requests by
/// hand.</summary>
sealed class MdtWorld
{
    public const string TargetUuid = "lustre-MDT0000_UUID";

    readonly List<MdtClient> _clients = [];

    MdtWorld(Simulation.Simulation sim, SimNode server)
    {
        Sim = sim;
        Server = server;
    }

    public Simulation.Simulation Sim { get; }

    public SimNode Server { get; }

    public MdtDevice Mdt { get; private set; } = null!;

    public FakeLod Lod { get; } = new();

    public MemDevice Storage { get; private set; } = null!;

    /// <summary>The first client.</summary>
    public MdtClient Client => _clients[0];

    /// <summary>Runs a test with connected clients, for one seed.</summary>
    public static void Run(Func<MdtWorld, Task> body, int clients = 1, ulong seed = 1, long capacity = 1L << 30) =>
        Simulation.Simulation.Run(seed, sim => RunAsync(sim, body, clients, capacity));

    /// <summary>As <see cref="Run"/>, in a simulation that is there already.</summary>
    public static async Task RunAsync(
        Simulation.Simulation sim, Func<MdtWorld, Task> body, int clients = 1, long capacity = 1L << 30)
    {
        SimNode server = await sim.AddNodeAsync();
        var world = new MdtWorld(sim, server);
        Func<Task> stop = await world.StartAsync(capacity);
        for (int i = 0; i < clients; i++)
            await world.AddClientAsync();
        await body(world);
        foreach (MdtClient client in world._clients)
            await client.StopAsync();
        await stop();
        await sim.SettledAsync();
    }

    public MdtClient this[int index] => _clients[index];

    public async Task<MdtClient> AddClientAsync()
    {
        SimNode node = await Sim.AddNodeAsync();
        var client = new MdtClient(Sim, node, Server.Id, _clients.Count + 1);
        _clients.Add(client);
        await client.StartAsync();
        return client;
    }

    /// <summary>The clients disconnect.</summary>
    public async Task LeaveAsync()
    {
        foreach (MdtClient client in _clients)
            await client.StopAsync();
    }

    async Task<Func<Task>> StartAsync(long capacity)
    {
        PtlrpcNode ptlrpc = null!;
        TargetServices services = null!;
        await Server.RunAsync(async () =>
        {
            ptlrpc = new PtlrpcNode(Server.LNet);
            var exports = new ExportTable(Server.Context);
            Storage = new MemDevice(Server.Context, new MemDeviceOptions
            {
                CommitDelay = TimeSpan.FromSeconds(1),
                CapacityBytes = capacity,
            });
            Assert.Equal(Errno.OK, MddDevice.Format(Storage, Server.Context.UnixSeconds));
            Mdt = new MdtDevice(
                ptlrpc, exports, new MdtOptions { Name = "lustre-MDT0000" }, Storage, Lod);
            services = new TargetServices(
                ServerRoles.Mds,
                options => new Service(Server.LNet, options, TargetHandler.Instance, exports));
            Assert.Equal(Errno.OK, services.Start());
            Assert.Equal(Errno.OK, await Mdt.StartAsync(default));
        });
        return () => Server.RunAsync(async () =>
        {
            await Mdt.DisposeAsync();
            await services.DisposeAsync();
            await Storage.DisposeAsync();
            ptlrpc.Dispose();
        });
    }

    public static Fid Root => Fid.Root;
}
