using System.Runtime.CompilerServices;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Osd.Mem;
using Lustrous.Simulation;

namespace Lustrous.Oss.Tests.Support;

/// <summary>MDT0000, one OST with some objects, and a client of it.</summary>
sealed class OssWorld
{
    const ulong TestSequence = 0x240000401;

    OssWorld(Simulation.Simulation sim, MdtServer mdt, OstServer oss, OstClient client)
    {
        (Sim, Mdt, Oss, Client) = (sim, mdt, oss, client);
    }

    public Simulation.Simulation Sim { get; }

    public MdtServer Mdt { get; }

    public OstServer Oss { get; }

    public OstClient Client { get; }

    /// <summary>The first of the objects, which are numbered from 1.</summary>
    public static Fid First { get; } = new(TestSequence, 1);

    public static Fid Object(uint number) => new(TestSequence, number);

    public static void Run(
        Func<OssWorld, Task> body, MemDeviceOptions? storage = null, ulong seed = 7, int objects = 8,
        [CallerMemberName] string test = "") =>
        Simulation.Simulation.Run(seed, sim => RunAsync(sim, body, storage, objects), test: test);

    public static void Each(
        int seeds, Func<OssWorld, Task> body, MemDeviceOptions? storage = null, int objects = 8,
        [CallerMemberName] string test = "") =>
        Seeds.Simulate(seeds, sim => RunAsync(sim, body, storage, objects), test: test);

    static async Task RunAsync(
        Simulation.Simulation sim, Func<OssWorld, Task> body, MemDeviceOptions? storage, int objects)
    {
        SimNode[] nodes = await sim.AddNodesAsync(3);
        MdtServer mdt = MdtServer.Start(nodes[0]);
        OstServer oss = await OstServer.StartAsync(nodes[1], mdt, storage);
        OstClient maker = await OstClient.ConnectAsync(nodes[0], oss, more: ConnectFlags.MDS, ptlrpc: null);
        Assert.False((await maker.CreateAsync(Object(1), ObdoFlags.DELORPHAN)).Failed);
        Assert.False((await maker.CreateAsync(Object((uint)objects))).Failed);
        OstClient client = await OstClient.ConnectAsync(nodes[2], oss);
        await body(new OssWorld(sim, mdt, oss, client));
        await client.StopAsync();
        await maker.StopAsync();
        await oss.StopAsync();
        await mdt.StopAsync();
    }
}
