using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;
using Lustrous.Libcfs;
using Lustrous.Mds.Lod;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Mem;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Server;
using Lustrous.Simulation;
using Lustrous.Target;
using Lustrous.Target.Fids;
using Lustrous.Target.Fld;
using Lustrous.Target.Services;

namespace Lustrous.Oss.Tests.Support;

/// <summary>As much of MDT0000 as OSTs and their tests need: sequences, their locations, and layouts.</summary>
sealed class MdtServer
{
    readonly TargetServices _services;
    readonly ExportTable _exports;
    readonly LuTarget _target;

    MdtServer(SimNode node, MemDevice? storage, MemDeviceOptions? options, LodOptions? lodOptions)
    {
        Node = node;
        Ptlrpc = new PtlrpcNode(node.LNet, OstServer.Timeouts);
        _exports = new ExportTable(node.Context);
        Storage = storage ?? new MemDevice(node.Context, options);
        _services = new TargetServices(
            ServerRoles.Mds, serviceOptions => new Service(node.LNet, serviceOptions, TargetHandler.Instance, _exports),
            OstServer.Timeouts);
        _target = new LuTarget(
            node.Context, _exports, new LuTargetOptions { Kind = TargetKind.Mdt, Name = "lustre-MDT0000" }, Storage);
        Controller = SeqServer.CreateController(
            new SeqServerOptions
            {
                Name = "ctl-lustre-MDT0000",
                Store = new SequenceStore(Storage, DtLocalFid.SeqController),
            },
            Fld);
        Sequences = SeqServer.Create(
            new SeqServerOptions
            {
                Name = "srv-lustre-MDT0000",
                Store = new SequenceStore(Storage, DtLocalFid.SeqServer),
            },
            Controller);
        SeqServer.AddHandlers(_target.Service, Sequences, Controller);
        Fld.AddHandlers(_target.Service);
        Lod = new LodDevice(Ptlrpc, Storage, lodOptions ?? new LodOptions { FileSystemName = "lustre" });
    }

    public SimNode Node { get; }

    public PtlrpcNode Ptlrpc { get; }

    public MemDevice Storage { get; }

    public FldServer Fld { get; } = new();

    public SeqServer Controller { get; }

    public SeqServer Sequences { get; }

    public LodDevice Lod { get; }

    public static MdtServer Start(
        SimNode node, MemDevice? storage = null, MemDeviceOptions? options = null, LodOptions? lodOptions = null)
    {
        var server = new MdtServer(node, storage, options, lodOptions);
        Assert.Equal(Errno.OK, server._target.Start());
        Assert.Equal(Errno.OK, server._services.Start());
        return server;
    }

    /// <summary>Makes a file of a layout, as Mdd does, and gives its EA.</summary>
    public async Task<Result<byte[]>> CreateFileAsync(Fid file, LovUserEa? wanted = null, LovUserEa? inherited = null)
    {
        Result<LodLayout> layout = await Lod.ChooseAsync(file, wanted?.ToArray(), inherited?.ToArray(), default);
        if (layout.Failed)
            return layout.Error;
        DtTransaction transaction = Storage.Begin();
        Errno status = Lod.DeclareCreate(transaction, layout.Value);
        if (status == Errno.OK)
            status = transaction.Start();
        if (status == Errno.OK)
            status = Lod.Create(transaction, layout.Value);
        transaction.Stop(status);
        if (status != Errno.OK)
            Lod.Discard(layout.Value);
        return status == Errno.OK ? layout.Value.Ea : status;
    }

    public Errno Unlink(byte[] lov)
    {
        DtTransaction transaction = Storage.Begin();
        Errno status = Lod.DeclareChange(transaction, lov);
        if (status == Errno.OK)
            status = transaction.Start();
        if (status == Errno.OK)
            status = Lod.Destroy(transaction, lov);
        transaction.Stop(status);
        return status;
    }

    public Task StopAsync(bool keepStorage = false) => Node.RunAsync(async () =>
    {
        await Lod.DisposeAsync();
        await _target.DisposeAsync();
        await _services.DisposeAsync();
        if (!keepStorage)
            await Storage.DisposeAsync();
        Ptlrpc.Dispose();
    });
}
