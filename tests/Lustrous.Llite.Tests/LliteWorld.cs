using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Osd.Mem;
using Lustrous.Simulation;
using Lustrous.Target.Services;
using Lustrous.Utils.Hosting;
using Xunit;

namespace Lustrous.Llite.Tests;

/// <summary>A file system over a simulated network: one server with an MGS, an MDT and OSTs, and mounts on machines of
/// their own.</summary>
sealed class LliteWorld
{
    const string FsName = "lustre";

    readonly Simulation.Simulation _simulation;
    readonly List<Func<Task>> _stops = [];
    bool _serverIsDown;

    LliteWorld(Simulation.Simulation simulation, SimNode server) => (_simulation, Server) = (simulation, server);

    public SimNode Server { get; }

    /// <summary>Runs a test body on a world of its own for a few seeds.</summary>
    public static void Run(
        Func<LliteWorld, Task> body, int osts = 2, int seeds = 1,
        [System.Runtime.CompilerServices.CallerMemberName] string test = "") =>
        Seeds.Each(seeds, seed => Simulation.Simulation.Run(seed, async simulation =>
        {
            LliteWorld world = await StartAsync(simulation, osts);
            // Until the MDT knows how much room the OSTs have.
            await world.Delay(TimeSpan.FromSeconds(10));
            await body(world);
            await world.StopAsync();
        }, test: test));

    /// <summary>Chance for the test's choices.</summary>
    public SeededRandom Random => _simulation.Random;

    /// <summary>Waits in virtual time.</summary>
    public Task Delay(TimeSpan time) => _simulation.Delay(time);

    /// <summary>The server's machine is gone, without a word.</summary>
    public void CrashServer()
    {
        _serverIsDown = true;
        Server.Crash(loud: false);
    }

    /// <summary>No message passes between a client and the server.</summary>
    public void Cut(LliteClient client) => _simulation.Network.Partition(client.Machine.Nid, Server.Nid);

    public void Mend(LliteClient client) => _simulation.Network.Heal(client.Machine.Nid, Server.Nid);

    /// <summary>One more client machine with the file system mounted.</summary>
    public async Task<LliteClient> MountAsync(IKernelCache? kernel = null)
    {
        SimNode machine = await _simulation.AddNodeAsync();
        LustreNode node = null!;
        ClientMount mount = null!;
        await machine.RunAsync(async () =>
        {
            node = new LustreNode(machine.LNet);
            Assert.Equal(Errno.OK, node.Start());
            Result<ClientMount> mounted = await ClientMount.MountAsync(node, new ClientMountOptions
            {
                FsName = FsName,
                Mgs = [Server.Id],
                Kernel = kernel ?? NoKernelCache.Instance,
            }, default);
            Assert.Equal(Errno.OK, mounted.Error);
            mount = mounted.Value;
        });
        var client = new LliteClient(machine, node, mount);
        _stops.Add(() => client.IsCrashed ? Task.CompletedTask : machine.RunAsync(async () =>
        {
            await mount.DisposeAsync();
            await node.DisposeAsync();
        }));
        return client;
    }

    static async Task<LliteWorld> StartAsync(Simulation.Simulation simulation, int osts)
    {
        var world = new LliteWorld(simulation, await simulation.AddNodeAsync());
        await world.Server.RunAsync(async () =>
        {
            var node = new LustreNode(world.Server.LNet);
            Assert.Equal(Errno.OK, node.Start());
            var server = new ServerNode(node, ServerRoles.All, [world.Server.Id]);
            Assert.Equal(Errno.OK, server.Start());
            Assert.Equal(Errno.OK, await server.StartMgsAsync(null, default));
            var storages = new List<MemDevice>();
            for (int i = -1; i < osts; i++)
            {
                var spec = new TargetSpec(FsName, IsMdt: i < 0, (uint)Math.Max(i, 0));
                var storage = new MemDevice(node.Context, new MemDeviceOptions
                {
                    Name = spec.Name + "-osd",
                    CapacityBytes = 1L << 30,
                });
                storages.Add(storage);
                Assert.Equal(Errno.OK, await server.StartTargetAsync(spec, storage, isFresh: true, default));
            }
            world._stops.Add(() => world._serverIsDown ? Task.CompletedTask : world.Server.RunAsync(async () =>
            {
                await server.DisposeAsync();
                await node.DisposeAsync();
                foreach (MemDevice storage in storages)
                    await DisposeAsync(storage);
            }));
        });
        return world;
    }

    static async ValueTask DisposeAsync(object storage)
    {
        if (storage is IAsyncDisposable later)
            await later.DisposeAsync();
        else
            (storage as IDisposable)?.Dispose();
    }

    async Task StopAsync()
    {
        for (int i = _stops.Count - 1; i >= 0; i--)
            await _stops[i]();
    }
}
