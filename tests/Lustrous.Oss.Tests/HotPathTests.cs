using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Obdclass.Fids;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Mem;
using Lustrous.Oss.Ofd;
using Lustrous.Oss.Tests.Support;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Bulk;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;
using Lustrous.Target.Services;

namespace Lustrous.Oss.Tests;

/// <summary>Within one process a read or write is served on the caller's thread, and allocates next to
/// nothing.</summary>
public sealed class HotPathTests
{
    // Bytes of garbage per operation, client and server together. In a debug build every asynchronous method makes an
    // object for its state.
#if DEBUG
    const double Budget = 4096;
#else
    const double Budget = 64;
#endif

    static readonly Fid s_object = new(0x240000401, 1);

    [Theory]
    [InlineData(4096, true, false)]
    [InlineData(4096, true, true)]
    [InlineData(4096, false, false)]
    [InlineData(4096, false, true)]
    [InlineData(1 << 20, false, false)]
    [InlineData(1 << 20, false, true)]
    public async Task A_read_or_write_allocates_next_to_nothing(int length, bool isShort, bool isWrite)
    {
        await using World world = await World.StartAsync();
        // The object is there, and everything has been used once.
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(Errno.OK, await world.BrwAsync(length, isShort, isWrite: true));
            Assert.Equal(Errno.OK, await world.BrwAsync(length, isShort, isWrite));
        }
        int operations = length > 65536 ? 40 : 200;
        double least = double.MaxValue;
        for (int attempt = 0; attempt < 3; attempt++)
        {
            int synchronous = 0;
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < operations; i++)
            {
                ValueTask<Errno> task = world.BrwAsync(length, isShort, isWrite);
                synchronous += task.IsCompletedSuccessfully ? 1 : 0;
                await task;
            }
            if (synchronous == operations)
                least = Math.Min(least, (GC.GetAllocatedBytesForCurrentThread() - before) / (double)operations);
        }
        Assert.True(least <= Budget, $"{least} bytes per operation");
    }

    sealed class World : IAsyncDisposable
    {
        readonly LNetNode _lnet;
        readonly PtlrpcNode _server, _client;
        readonly MemDevice _storage;
        readonly OfdDevice _ofd;
        readonly TargetServices _services;
        readonly Import _import;
        readonly PooledBuffer _memory;

        World()
        {
            var context = new NodeContext(
                TimeProvider.System, new SeededRandom(1), new Work(), new BufferPool(), NullLogSink.Instance);
            _lnet = new LNetNode(context);
            _server = new PtlrpcNode(_lnet, OstServer.Timeouts);
            var exports = new ExportTable(context);
            _storage = new MemDevice(context);
            _ofd = new OfdDevice(_server, exports, _storage, new OfdOptions
            {
                Name = "lustre-OST0000",
                Index = 0,
                Controller = new NoController(),
            });
            _services = new TargetServices(
                ServerRoles.Oss, options => new Service(_lnet, options, TargetHandler.Instance, exports),
                OstServer.Timeouts);
            _client = new PtlrpcNode(_lnet, OstServer.Timeouts);
            _import = new Import(_client, new ImportOptions
            {
                DeviceName = "osc",
                TargetUuid = "lustre-OST0000_UUID",
                ClientUuid = "hot",
                Peers = [new LNetProcessId(Nid.Loopback, LNetProcessId.LustrePid)],
                ConnectOpcode = (uint)OstOpcode.Connect,
                RequestPortal = Portals.OST_REQUEST_PORTAL,
                ReplyPortal = Portals.OSC_REPLY_PORTAL,
                ConnectData = new ObdConnectData
                {
                    ConnectFlags = OstClient.ClientFlags,
                    ConnectFlags2 = ConnectFlags2.REP_MBITS,
                    BrwSize = 4 << 20,
                    Grant = 16 << 20,
                    ChecksumTypes = ChecksumTypes.CRC32C,
                },
            });
            _memory = context.Buffers.Take(1 << 20);
        }

        public static async Task<World> StartAsync()
        {
            var world = new World();
            Assert.Equal(Errno.OK, await world._ofd.StartAsync(default));
            Assert.Equal(Errno.OK, world._services.Start());
            DtTransaction transaction = world._storage.Begin();
            transaction.DeclareCreate();
            transaction.Start();
            Assert.Equal(Errno.OK, world._storage.Locate(s_object).Create(
                transaction, new DtAttributes { Valid = DtValid.Mode, Mode = DtMode.Regular }, DtObjectFormat.Regular));
            transaction.Stop();
            Assert.Equal(Errno.OK, await world._import.ConnectAsync(default));
            return world;
        }

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        public async ValueTask<Errno> BrwAsync(int length, bool isShort, bool isWrite)
        {
            using PtlrpcRequest request = _import.NewRequest(
                isWrite ? RequestFormats.OstBrwWrite : RequestFormats.OstBrwRead);
            request.RequestPortal = Portals.OST_IO_PORTAL;
            request.SetSize(Rmf.ObdIoobj, Unsafe.SizeOf<ObdIoObj>());
            request.SetSize(Rmf.NiobufRemote, Unsafe.SizeOf<NiobufRemote>());
            request.SetSize(Rmf.Capa1, 0);
            request.SetSize(Rmf.ShortIo, isShort && isWrite ? length : 0);
            if (isWrite)
                request.SetReplySize(Rmf.Rcs, sizeof(uint));
            else
                request.SetReplySize(Rmf.ShortIo, isShort ? length : 0);
            Fill(request, length, isShort, isWrite);
            if (isShort && isWrite)
                request.SetBytes(Rmf.ShortIo, _memory.Span[..length]);
            if (isShort)
                return await request.SendAsync(default);
            BulkDescriptor bulk = _client.TakeBulk(
                isWrite ? BulkType.GetSource : BulkType.PutSink, Portals.OST_BULK_PORTAL);
            bulk.Add(_memory.Slice(0, length));
            request.Bulk = bulk;
            Errno status = await request.SendAsync(default);
            _client.ReturnBulk(bulk);
            return status;
        }

        public async ValueTask DisposeAsync()
        {
            await _import.DisposeAsync();
            _client.Dispose();
            _memory.Dispose();
            await _ofd.DisposeAsync();
            await _storage.DisposeAsync();
            await _services.DisposeAsync();
            _server.Dispose();
            await _lnet.DisposeAsync();
        }

        void Fill(PtlrpcRequest request, int length, bool isShort, bool isWrite)
        {
            var id = new OstId(s_object);
            request.Set(Rmf.OstBody, new OstBody
            {
                Attributes = new Obdo
                {
                    ObjectId = id,
                    Valid = MdtValid.FLID | MdtValid.FLGROUP | MdtValid.FLFLAGS | MdtValid.FLMTIME | MdtValid.FLCKSUM,
                    Flags = ObdoFlags.CKSUM_CRC32C | (isShort ? ObdoFlags.SHORT_IO : 0),
                    Mtime = 5,
                    Nlink = isWrite ? RunningChecksum.Compute(ChecksumAlgorithm.Crc32C, _memory.Span[..length]) : 0,
                },
            });
            var item = new ObdIoObj { ObjectId = id, BufferCount = 1 };
            request.SetBytes(Rmf.ObdIoobj, MemoryMarshal.AsBytes(new ReadOnlySpan<ObdIoObj>(in item)));
            var range = new NiobufRemote { Length = (uint)length, Flags = BrwFlags.ASYNC };
            request.SetBytes(Rmf.NiobufRemote, MemoryMarshal.AsBytes(new ReadOnlySpan<NiobufRemote>(in range)));
        }
    }

    sealed class Work : IWorkQueue
    {
        public void Post(Action<object?> work, object? state) =>
            ThreadPool.UnsafeQueueUserWorkItem(work, state, preferLocal: false);
    }

    sealed class NoController : ISequenceSource
    {
        public ValueTask<Result<LuSeqRange>> AllocateAsync(
            SeqOperation operation, LuSeqRange asker, CancellationToken cancel) => new(Errno.ENOTCONN);
    }
}
