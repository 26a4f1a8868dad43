using Lustrous.Clients.Lov;
using Lustrous.Clients.Osc;
using Lustrous.Idl.Fids;
using Lustrous.Ldlm.Client;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc;
using Lustrous.Simulation;

namespace Lustrous.Clients.Tests.Osc;

/// <summary>One client node with a LOV over all OSTs of a cluster.</summary>
sealed class TestClient
{
    PtlrpcNode _rpc = null!;
    LdlmNode _ldlm = null!;

    TestClient(SimNode node) => Node = node;

    public SimNode Node { get; }

    public LovDevice Lov { get; } = new();

    public List<OscDevice> Oscs { get; } = [];

    public List<TestFile> Files { get; } = [];

    public static async Task<TestClient> StartAsync(
        Simulation.Simulation sim, OstCluster cluster, int osts, ClientOptions options, int number)
    {
        var client = new TestClient(await sim.AddNodeAsync());
        await client.Node.RunAsync(async () =>
        {
            client._rpc = new PtlrpcNode(client.Node.LNet, OstCluster.Timeouts);
            client._ldlm = new LdlmNode(client._rpc);
            Lassert.That(client._ldlm.Start() == Errno.OK);
            var cache = new OscPageCache(options.CacheBytes);
            for (int i = 0; i < osts; i++)
            {
                var osc = new OscDevice(client._ldlm, new OscOptions
                {
                    DeviceName = $"{OstCluster.NameOf(i)}-osc-c{number}",
                    TargetUuid = $"{OstCluster.NameOf(i)}_UUID",
                    ClientUuid = $"client-{number}",
                    Peers = [cluster.Node.Id],
                    Index = (uint)i,
                    Cache = cache,
                    MaxDirtyBytes = options.MaxDirtyBytes,
                    MaxRpcBytes = options.MaxRpcBytes,
                    MaxRpcsInFlight = options.MaxRpcsInFlight,
                    WriteBackAge = options.WriteBackAge,
                });
                client.Oscs.Add(osc);
                Lassert.That(client.Lov.AddTarget((uint)i, osc) == Errno.OK);
                Errno status = await osc.Import.ConnectAsync(default);
                Lassert.That(status == Errno.OK, $"an OSC could not connect: {status}");
            }
        });
        return client;
    }

    public TestFile Open(LovLayout layout)
    {
        var file = new TestFile(this, new Fid(0x200000401, (uint)Files.Count + 1), layout);
        Files.Add(file);
        return file;
    }

    public Task<T> RunAsync<T>(Func<ValueTask<T>> body) => Node.Host.RunAsync(async () => await body());

    public long WriteRpcs => Oscs.Sum(osc => osc.WriteRpcs);

    public long ReadRpcs => Oscs.Sum(osc => osc.ReadRpcs);

    public Task StopAsync() => !Node.IsUp ? Task.CompletedTask : Node.RunAsync(async () =>
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30), Node.Context.Clock);
        foreach (TestFile file in Files)
            await file.Object.CloseAsync(limit.Token);
        foreach (OscDevice osc in Oscs)
            await osc.DisposeAsync();
        await _ldlm.DisposeAsync();
        _rpc.Dispose();
    });
}
