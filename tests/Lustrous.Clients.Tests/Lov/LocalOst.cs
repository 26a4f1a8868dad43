using Lustrous.Clients.Lov;
using Lustrous.Clients.Osc;
using Lustrous.Clients.Tests.Osc;
using Lustrous.Echo;
using Lustrous.Idl.Fids;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ldlm.Client;
using Lustrous.Ldlm.Server;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Mem;
using Lustrous.Oss.Ofd;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Server;
using Xunit;

namespace Lustrous.Clients.Tests.Lov;

/// <summary>Client and OST in this process, on real threads and the machine's clock, with one file.</summary>
sealed class LocalOst : IAsyncDisposable, ILovObjectOwner
{
    readonly NodeContext _context = EchoNode.CreateContext();
    readonly LNetNode _lnet;
    readonly PtlrpcNode _rpc;
    readonly LdlmNode _locks;
    readonly MemDevice _storage;
    readonly OfdDevice _ost;
    readonly Service[] _services;

    LocalOst(TimeSpan writeBackAge, long maxDirty, long cacheBytes)
    {
        _lnet = new LNetNode(_context);
        _rpc = new PtlrpcNode(_lnet, OstCluster.Timeouts);
        _locks = new LdlmNode(_rpc);
        var exports = new ExportTable(_context);
        _storage = new MemDevice(_context);
        _ost = new OfdDevice(_rpc, exports, _storage, new OfdOptions
        {
            Name = OstCluster.NameOf(0),
            Index = 0,
            Controller = new NoSequences(),
        });
        _services =
        [
            Serve("ost", Portals.OST_REQUEST_PORTAL), Serve("ost_io", Portals.OST_IO_PORTAL),
            new(_lnet, LdlmServices.Cancel(OstCluster.Timeouts), TargetHandler.Instance, exports),
        ];
        Osc = new OscDevice(_locks, new OscOptions
        {
            DeviceName = "osc",
            TargetUuid = $"{OstCluster.NameOf(0)}_UUID",
            ClientUuid = "client",
            Peers = [new(Nid.Loopback, LNetProcessId.LustrePid)],
            WriteBackAge = writeBackAge,
            MaxDirtyBytes = maxDirty,
            Cache = new OscPageCache(cacheBytes),
        });

        Service Serve(string name, uint portal) => new(_lnet, new ServiceOptions
        {
            Name = name,
            RequestPortal = portal,
            ReplyPortal = Portals.OSC_REPLY_PORTAL,
            HasHighPriorityQueue = true,
            Timeouts = OstCluster.Timeouts,
        }, TargetHandler.Instance, exports);
    }

    public OscDevice Osc { get; }

    public LovObject File { get; private set; } = null!;

    public BufferPool Buffers => _context.Buffers;

    public static async Task<LocalOst> StartAsync(
        TimeSpan? writeBackAge = null, long maxDirty = 64L << 20, long cacheBytes = 1L << 30)
    {
        var made = new LocalOst(writeBackAge ?? TimeSpan.FromMinutes(10), maxDirty, cacheBytes);
        Assert.Equal(Errno.OK, made._locks.Start());
        Assert.Equal(Errno.OK, await made._ost.StartAsync(default));
        foreach (Service service in made._services)
            Assert.Equal(Errno.OK, service.Start());
        Assert.Equal(Errno.OK, await made.Osc.Import.ConnectAsync(default));
        var lov = new LovDevice();
        lov.AddTarget(0, made.Osc);
        made.File = new LovObject(lov, new Fid(0x200000401, 1), Create(made._storage), made);
        return made;
    }

    /// <summary>Stops all, and checks that all memory came back.</summary>
    public async ValueTask DisposeAsync()
    {
        Assert.Equal(Errno.OK, await File.CloseAsync(default));
        await Osc.DisposeAsync();
        await _ost.DisposeAsync();
        foreach (Service service in _services)
            await service.DisposeAsync();
        await _storage.DisposeAsync();
        await _locks.DisposeAsync();
        _rpc.Dispose();
        await _lnet.DisposeAsync();
        Assert.Equal(0, _context.Buffers.OutstandingBytes);
    }

    ValueTask ILovObjectOwner.InvalidateAsync(ulong start, ulong end) => ValueTask.CompletedTask;

    void ILovObjectOwner.AttributesChanged()
    {
    }

    LovOwnership ILovObjectOwner.Ownership { get; } = new(0, 0, 0);

    ValueTask<Errno> ILovObjectOwner.ChangeLayoutAsync(LayoutIntent wanted, CancellationToken cancel) =>
        new(Errno.EOPNOTSUPP);

    static LovLayout Create(MemDevice storage)
    {
        var fid = new Fid(OstCluster.Sequence, 1);
        DtTransaction transaction = storage.Begin();
        Assert.Equal(Errno.OK, transaction.DeclareCreate());
        Assert.Equal(Errno.OK, transaction.Start());
        var attributes = new DtAttributes { Valid = DtValid.Mode | DtValid.Times, Mode = DtMode.Regular | 0x1B6 };
        Assert.Equal(Errno.OK, storage.Locate(fid).Create(transaction, attributes, DtObjectFormat.Regular));
        transaction.Stop();
        return LovLayout.Create(4 << 20, new LovStripe(new OstId(fid), 0));
    }
}
