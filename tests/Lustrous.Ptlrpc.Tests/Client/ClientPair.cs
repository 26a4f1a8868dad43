using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Simulation;

namespace Lustrous.Ptlrpc.Tests.Client;

/// <summary>A client with an import, and a scripted server.</summary>
sealed class ClientPair : IImportOwner
{
    ClientPair(Simulation.Simulation sim, SimNode client, SimNode server)
    {
        Sim = sim;
        ClientNode = client;
        ServerNode = server;
        Server = new ScriptedServer(server);
        Node = new PtlrpcNode(client.LNet);
    }

    public Simulation.Simulation Sim { get; }

    public SimNode ClientNode { get; }

    public SimNode ServerNode { get; }

    public ScriptedServer Server { get; set; }

    public PtlrpcNode Node { get; }

    public Import Import { get; private set; } = null!;

    public List<ImportEvent> Events { get; } = [];

    public int Invalidations { get; private set; }

    public static ConnectFlags Asked =>
        ConnectFlags.VERSION | ConnectFlags.FULL20 | ConnectFlags.AT | ConnectFlags.FLAGS2
        | ConnectFlags.BULK_MBITS | ConnectFlags.MULTIMODRPCS | ConnectFlags.CKSUM | ConnectFlags.BRW_SIZE;

    /// <summary>A client on its node, and a server on its; runs <paramref name="body"/> on the client, then closes
    /// all.</summary>
    public static Task RunAsync(
        Simulation.Simulation sim, Func<ClientPair, Task> body, Func<ImportOptions, ImportOptions>? change = null) =>
        RunCoreAsync(sim, body, change);

    static async Task RunCoreAsync(
        Simulation.Simulation sim, Func<ClientPair, Task> body, Func<ImportOptions, ImportOptions>? change)
    {
        SimNode[] nodes = await sim.AddNodesAsync(2);
        var pair = new ClientPair(sim, nodes[0], nodes[1]);
        var options = new ImportOptions
        {
            DeviceName = "lustre-OST0000-osc",
            TargetUuid = "lustre-OST0000_UUID",
            ClientUuid = "c0ffee00-0000-4000-8000-000000000001",
            Peers = [nodes[1].Id],
            ConnectOpcode = (uint)OstOpcode.Connect,
            RequestPortal = ScriptedServer.RequestPortal,
            ReplyPortal = ScriptedServer.ReplyPortal,
            ConnectData = new ObdConnectData
            {
                ConnectFlags = Asked,
                ConnectFlags2 = ConnectFlags2.REP_MBITS,
                BrwSize = 4 << 20,
                ChecksumTypes = ChecksumTypes.CRC32C,
                MaxModifyRpcs = 8,
            },
            Owner = pair,
        };
        await nodes[0].RunAsync(async () =>
        {
            pair.Import = new Import(pair.Node, change is null ? options : change(options));
            await body(pair);
            await pair.Import.DisposeAsync();
            await sim.SettledAsync();
            Assert.Equal(0, pair.Node.RequestCount);
            pair.Node.Dispose();
            pair.Server.Close();
        });
    }

    public async Task ConnectAsync() => Assert.Equal(Errno.OK, await Import.ConnectAsync(default));

    /// <summary>OST_STATFS: a request with nothing in it.</summary>
    public PtlrpcRequest NewCall() => Import.NewRequest(RequestFormats.ObdPing, (uint)OstOpcode.Statfs);

    public async Task<Errno> CallAsync(Action<PtlrpcRequest>? change = null, CancellationToken cancel = default)
    {
        using PtlrpcRequest request = NewCall();
        change?.Invoke(request);
        return await request.SendAsync(cancel);
    }

    /// <summary>The server's machine goes down at once and comes back, with nothing but what the test says.</summary>
    public async Task RestartServerAsync(Action<ScriptedServer> before)
    {
        ScriptedServer old = Server;
        ServerNode.Crash(loud: true);
        await ServerNode.RestartAsync();
        var server = new ScriptedServer(ServerNode) { Grants = old.Grants, Grants2 = old.Grants2, Script = old.Script };
        before(server);
        Server = server;
    }

    void IImportOwner.OnImportEvent(Import import, ImportEvent what) => Events.Add(what);

    ValueTask IImportOwner.InvalidateAsync(Import import)
    {
        Invalidations++;
        return ValueTask.CompletedTask;
    }
}
