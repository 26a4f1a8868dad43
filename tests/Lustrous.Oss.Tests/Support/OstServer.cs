using Lustrous.Clients.Osp;
using Lustrous.Libcfs;
using Lustrous.Osd.Mem;
using Lustrous.Oss.Ofd;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Server;
using Lustrous.Simulation;
using Lustrous.Target.Services;

namespace Lustrous.Oss.Tests.Support;

/// <summary>A machine with some OSTs.</summary>
sealed class OstServer
{
    readonly PtlrpcNode _ptlrpc;
    readonly TargetServices _services;
    readonly List<(OfdDevice Ofd, MemDevice Storage, Lwp Lwp)> _targets = [];

    OstServer(SimNode node)
    {
        Node = node;
        _ptlrpc = new PtlrpcNode(node.LNet, Timeouts);
        Exports = new ExportTable(node.Context);
        _services = new TargetServices(
            ServerRoles.Oss, options => new Service(node.LNet, options, TargetHandler.Instance, Exports), Timeouts);
    }

    public static PtlrpcOptions Timeouts { get; } = PtlrpcOptions.Default with { ObdTimeoutSeconds = 20 };

    public SimNode Node { get; }

    public ExportTable Exports { get; }

    public OfdDevice Ofd => _targets[0].Ofd;

    public MemDevice Storage => _targets[0].Storage;

    public IReadOnlyList<OfdDevice> Targets => [.. _targets.Select(target => target.Ofd)];

    /// <summary>Begins to serve OSTs of these indexes.</summary>
    public static async Task<OstServer> StartAsync(
        SimNode node, MdtServer mdt, MemDeviceOptions? options = null, params uint[] indexes)
    {
        var server = new OstServer(node);
        foreach (uint index in indexes.Length == 0 ? [0] : indexes)
        {
            string name = $"lustre-OST{index:x4}";
            var storage = new MemDevice(node.Context, options);
            var lwp = new Lwp(server._ptlrpc, name, "lustre-MDT0000", [mdt.Node.Nid]);
            var ofd = new OfdDevice(server._ptlrpc, server.Exports, storage, new OfdOptions
            {
                Name = name,
                Index = index,
                Controller = lwp,
            });
            Assert.Equal(Errno.OK, await ofd.StartAsync(default));
            lwp.Start();
            server._targets.Add((ofd, storage, lwp));
        }
        Assert.Equal(Errno.OK, server._services.Start());
        return server;
    }

    public Task StopAsync() => Node.RunAsync(async () =>
    {
        foreach ((OfdDevice _, MemDevice _, Lwp lwp) in _targets)
            await lwp.DisposeAsync();
        foreach ((OfdDevice ofd, MemDevice storage, Lwp _) in _targets)
        {
            await ofd.DisposeAsync();
            await storage.DisposeAsync();
        }
        await _services.DisposeAsync();
        _ptlrpc.Dispose();
    });
}
