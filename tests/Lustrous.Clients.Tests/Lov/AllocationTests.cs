using Lustrous.Clients.Lov;
using Lustrous.Clients.Osc;
using Lustrous.Clients.Tests.Osc;
using Lustrous.Echo;
using Lustrous.Idl.Fids;
using Lustrous.Idl.LNet;
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

/// <summary>What reads and writes allocate once everything is warm, client and OST in one process: nothing. Alone,
/// because the measure is that of the whole process.</summary>
[Collection("alone")]
public sealed class AllocationTests
{
    const int MiB = 1 << 20;

    [Theory]
    [InlineData(4096)]
    [InlineData(MiB)]
    public Task A_write_into_the_cache_allocates_nothing(int size) => MeasureAsync(
        500, size, (file, memory, _) => file.WriteAsync(0, memory, LovIoFlags.None, default));

    [Theory]
    [InlineData(4096)]
    [InlineData(MiB)]
    public Task A_read_from_the_cache_allocates_nothing(int size) => MeasureAsync(
        500, size, (file, memory, _) => file.ReadAsync(0, memory, LovIoFlags.None, default));

    /// <summary>64 MiB at 1 MiB each, written by the cache in RPCs of 4 MiB as they fill.</summary>
    [Fact]
    public Task Writing_along_a_file_allocates_nothing()
    {
#if DEBUG
        Assert.Skip("the server is not optimized in a debug build: state machines of its async methods are classes");
#endif
        return MeasureAsync(
            200, MiB, (file, memory, i) => file.WriteAsync((ulong)(i % 64) * MiB, memory, LovIoFlags.None, default),
            perCall: 64);
    }

    static async Task MeasureAsync(
        int count, int size, Func<LovObject, IoVec, int, ValueTask<Result<int>>> operation, int perCall = 1)
    {
        NodeContext context = EchoNode.CreateContext();
        var lnet = new LNetNode(context);
        var rpc = new PtlrpcNode(lnet, OstCluster.Timeouts);
        var locks = new LdlmNode(rpc);
        Assert.Equal(Errno.OK, locks.Start());
        var exports = new ExportTable(context);
        var storage = new MemDevice(context);
        var ost = new OfdDevice(rpc, exports, storage, new OfdOptions
        {
            Name = OstCluster.NameOf(0), Index = 0, Controller = new NoSequences(),
        });
        Assert.Equal(Errno.OK, await ost.StartAsync(default));
        Service[] services =
        [
            Serve("ost", Portals.OST_REQUEST_PORTAL), Serve("ost_io", Portals.OST_IO_PORTAL),
            new(lnet, LdlmServices.Cancel(OstCluster.Timeouts), TargetHandler.Instance, exports),
        ];
        foreach (Service service in services)
            Assert.Equal(Errno.OK, service.Start());
        var osc = new OscDevice(locks, new OscOptions
        {
            DeviceName = "osc", TargetUuid = $"{OstCluster.NameOf(0)}_UUID", ClientUuid = "client",
            Peers = [new(Nid.Loopback, LNetProcessId.LustrePid)], WriteBackAge = TimeSpan.FromMinutes(10),
        });
        Assert.Equal(Errno.OK, await osc.Import.ConnectAsync(default));
        var lov = new LovDevice();
        lov.AddTarget(0, osc);
        var file = new LovObject(lov, new Fid(0x200000401, 1), Create(storage), new NoOwner());
        using (PooledBuffer buffer = context.Buffers.Take(MiB))
        {
            buffer.Span.Fill(7);
            IoVec memory = buffer.Slice(0, size);
            for (int i = 0; i < 64; i++)
                Assert.Equal(MiB, (await file.WriteAsync((ulong)i * MiB, buffer.Slice(0, MiB), 0, default)).Value);
            long best = long.MaxValue;
            for (int attempt = 0; attempt < 6 && best > 0; attempt++)
            {
                long before = GC.GetTotalAllocatedBytes(precise: true);
                for (int i = 0; i < count; i++)
                {
                    if ((await operation(file, memory, i)).Error is var status and not Errno.OK)
                        Assert.Fail($"{status}");
                }
                best = Math.Min(best, GC.GetTotalAllocatedBytes(precise: true) - before);
            }
            Assert.True(best < count * perCall, $"{best} bytes in {count} operations");
        }
        Assert.Equal(Errno.OK, await file.CloseAsync(default));
        await osc.DisposeAsync();
        await ost.DisposeAsync();
        foreach (Service service in services)
            await service.DisposeAsync();
        await storage.DisposeAsync();
        await locks.DisposeAsync();
        rpc.Dispose();
        await lnet.DisposeAsync();
        Assert.Equal(0, context.Buffers.OutstandingBytes);

        Service Serve(string name, uint portal) => new(lnet, new ServiceOptions
        {
            Name = name, RequestPortal = portal, ReplyPortal = Portals.OSC_REPLY_PORTAL,
            HasHighPriorityQueue = true, Timeouts = OstCluster.Timeouts,
        }, TargetHandler.Instance, exports);
    }

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

    sealed class NoOwner : ILovObjectOwner
    {
        public ValueTask InvalidateAsync(ulong start, ulong end) => ValueTask.CompletedTask;

        public void AttributesChanged()
        {
        }
    }
}

[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class AloneCollection;
