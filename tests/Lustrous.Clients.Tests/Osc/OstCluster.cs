using Lustrous.Clients.Lov;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ldlm.Client;
using Lustrous.Ldlm.Server;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Mem;
using Lustrous.Oss.Ofd;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Server;
using Lustrous.Simulation;

namespace Lustrous.Clients.Tests.Osc;

/// <summary>A server node with real OSTs in memory, and client nodes, all on a simulated network.</summary>
sealed class OstCluster
{
    public const ulong Sequence = 0x280000400;

    public static PtlrpcOptions Timeouts { get; } = PtlrpcOptions.Default with { ObdTimeoutSeconds = 20 };

    readonly Simulation.Simulation _sim;
    readonly SimNode _node;
    readonly int _count;
    readonly List<Service> _services = [];
    readonly List<MemDevice> _storage = [];
    readonly long _capacity;
    PtlrpcNode _rpc = null!;
    LdlmNode _ldlm = null!;

    OstCluster(Simulation.Simulation sim, SimNode node, int count, long capacity)
    {
        _sim = sim;
        _node = node;
        _count = count;
        _capacity = capacity;
    }

    public SimNode Node => _node;

    public List<OfdDevice> Osts { get; } = [];

    public List<TestClient> Clients { get; } = [];

    public static async Task<OstCluster> StartAsync(
        Simulation.Simulation sim, int osts, int clients, ClientOptions? options = null, long capacity = 1L << 30)
    {
        var cluster = new OstCluster(sim, await sim.AddNodeAsync(), osts, capacity);
        await cluster._node.RunAsync(cluster.StartServerAsync);
        for (int i = 0; i < clients; i++)
            cluster.Clients.Add(await TestClient.StartAsync(sim, cluster, osts, options ?? new ClientOptions(), i));
        return cluster;
    }

    /// <summary>Makes the objects of a file, and its layout.</summary>
    public LovLayout NewFile(uint objectId, uint stripeSize = 1 << 20, int? stripes = null)
    {
        var made = new LovStripe[stripes ?? _count];
        for (int i = 0; i < made.Length; i++)
        {
            uint index = (uint)(i % _count);
            var fid = new Fid(Sequence + index, objectId + (uint)(i / _count * 1000));
            MemDevice storage = _storage[(int)index];
            DtTransaction transaction = storage.Begin();
            Lassert.That(transaction.DeclareCreate() == Errno.OK && transaction.Start() == Errno.OK);
            Errno status = storage.Locate(fid).Create(
                transaction,
                new DtAttributes { Valid = DtValid.Mode | DtValid.Times, Mode = DtMode.Regular | 0x1B6 },
                DtObjectFormat.Regular);
            transaction.Stop();
            Lassert.That(status == Errno.OK);
            made[i] = new LovStripe(new OstId(fid), index);
        }
        return LovLayout.Create(stripeSize, made);
    }

    public async Task StopAsync()
    {
        foreach (TestClient client in Clients)
            await client.StopAsync();
        await _node.RunAsync(async () =>
        {
            foreach (OfdDevice ost in Osts)
                await ost.DisposeAsync();
            foreach (Service service in _services)
                await service.DisposeAsync();
            foreach (MemDevice device in _storage)
                await device.DisposeAsync();
            await _ldlm.DisposeAsync();
            _rpc.Dispose();
        });
    }

    async Task StartServerAsync()
    {
        _rpc = new PtlrpcNode(_node.LNet, Timeouts);
        _ldlm = new LdlmNode(_rpc);
        var exports = new ExportTable(_node.Context);
        for (int i = 0; i < _count; i++)
        {
            var storage = new MemDevice(_node.Context, new MemDeviceOptions { CapacityBytes = _capacity });
            _storage.Add(storage);
            var ost = new OfdDevice(_rpc, exports, storage, new OfdOptions
            {
                Name = NameOf(i),
                Index = (uint)i,
                Controller = new NoSequences(),
            });
            Osts.Add(ost);
            Lassert.That(await ost.StartAsync(default) == Errno.OK);
        }
        foreach ((string name, uint portal) in (ReadOnlySpan<(string, uint)>)
            [("ost", Portals.OST_REQUEST_PORTAL), ("ost_io", Portals.OST_IO_PORTAL)])
        {
            Serve(new ServiceOptions
            {
                Name = name,
                RequestPortal = portal,
                ReplyPortal = Portals.OSC_REPLY_PORTAL,
                HasHighPriorityQueue = true,
                Timeouts = Timeouts,
            }, exports);
        }
        Serve(LdlmServices.Cancel(Timeouts), exports);
    }

    void Serve(ServiceOptions options, ExportTable exports)
    {
        var service = new Service(_node.LNet, options, TargetHandler.Instance, exports);
        Lassert.That(service.Start() == Errno.OK);
        _services.Add(service);
    }

    public static string NameOf(int index) => $"lustre-OST{index:x4}";
}
