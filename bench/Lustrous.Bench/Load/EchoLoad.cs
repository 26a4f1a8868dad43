using System.Globalization;
using Lustrous.Echo;
using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.LNet.Lnd.Socklnd;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Bench.Load;

/// <summary>A client of an echo target, kept busy with so many requests at once.</summary>
sealed class EchoLoad : IAsyncDisposable
{
    const ulong ObjectId = 1;

    readonly LNetNode _lnet;
    readonly PtlrpcNode _node;
    readonly EchoServer? _server;
    readonly EchoClient _client;

    EchoLoad(LNetNode lnet, PtlrpcNode node, EchoServer? server, EchoClient client) =>
        (_lnet, _node, _server, _client) = (lnet, node, server, client);

    /// <summary>
    /// Connects to an echo target over TCP, or over lolnd to one in this process when there is no port.
    /// </summary>
    public static async Task<EchoLoad> ConnectAsync(int? port)
    {
        NodeContext context = EchoNode.CreateContext();
        var lnet = new LNetNode(context);
        EchoServer? server = null;
        Nid target = Nid.Loopback;
        if (port is { } number)
        {
            target = Nid.Parse("127.0.0.1@tcp").Value;
            var tunables = new KsockTunables
            {
                AcceptPort = 0,
                PeerPort = _ => number,
                ReservedPorts = false,
                Schedulers = 1,
            };
            Nid self = Nid.Parse("127.0.0.2@tcp").Value;
            Check(await lnet.AddInterfaceAsync(self, new KsockLnd(context, tunables), default));
        }
        else
        {
            server = new EchoServer(lnet, new EchoJournal(null), new EchoStore(context.Buffers, null));
            Check(server.Start());
        }
        var node = new PtlrpcNode(lnet);
        var client = new EchoClient(
            node, new LNetProcessId(target, LNetProcessId.LustrePid), "bench", checksums: false);
        client.Import.MaxRpcsInFlight = 64; // the default of 8 would hold most of the load back
        Check(await client.ConnectAsync(default));
        return new EchoLoad(lnet, node, server, client);
    }

    /// <summary>Serves echo clients over TCP until its standard input ends.</summary>
    public static async Task<int> ServeAsync()
    {
        NodeContext context = EchoNode.CreateContext();
        var lnet = new LNetNode(context);
        var lnd = new KsockLnd(context, new KsockTunables { AcceptPort = 0, ReservedPorts = false, Schedulers = 1 });
        Check(await lnet.AddInterfaceAsync(Nid.Parse("127.0.0.1@tcp").Value, lnd, default));
        var server = new EchoServer(lnet, new EchoJournal(null), new EchoStore(context.Buffers, null));
        Check(server.Start());
        Console.WriteLine(lnd.PortOf(lnet.Interfaces[^1]).ToString(CultureInfo.InvariantCulture));
        while (await Console.In.ReadLineAsync() is not null)
        {
        }
        await server.DisposeAsync();
        await lnet.DisposeAsync();
        return 0;
    }

    /// <summary>OBD_PING, <paramref name="depth"/> at once.</summary>
    public Task<LoadResult> PingAsync(int depth, TimeSpan duration) => RunAsync(depth, duration, PingLoopAsync);

    /// <summary>OST_WRITE of <paramref name="size"/> bytes.</summary>
    public Task<LoadResult> WriteAsync(int size, int depth, TimeSpan duration) =>
        RunAsync(depth, duration, (index, clock) => BulkLoopAsync(index, size, clock, write: true));

    /// <summary>OST_READ of <paramref name="size"/> bytes.</summary>
    public Task<LoadResult> ReadAsync(int size, int depth, TimeSpan duration) =>
        RunAsync(depth, duration, (index, clock) => BulkLoopAsync(index, size, clock, write: false));

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
        await _lnet.DisposeAsync();
        _node.Dispose();
    }

    static async Task<LoadResult> RunAsync(int depth, TimeSpan duration, Func<int, Deadline, Task<long>> loop)
    {
        var clock = new Deadline(duration);
        long allocated = GC.GetTotalAllocatedBytes();
        var loops = new Task<long>[depth];
        for (int i = 0; i < depth; i++)
            loops[i] = loop(i, clock);
        long operations = (await Task.WhenAll(loops)).Sum();
        return new LoadResult(
            operations / clock.ElapsedSeconds, (GC.GetTotalAllocatedBytes() - allocated) / (double)operations);
    }

    async Task<long> PingLoopAsync(int index, Deadline clock)
    {
        long count = 0;
        while (!clock.IsOver)
        {
            using PtlrpcRequest request = _client.Import.NewRequest(RequestFormats.ObdPing);
            Check(await request.SendAsync(default));
            count++;
        }
        return count;
    }

    async Task<long> BulkLoopAsync(int index, int size, Deadline clock, bool write)
    {
        long count = 0;
        using PooledBuffer memory = _lnet.Context.Buffers.Take(size);
        IoVec data = memory.Slice(0, size);
        data.Span.Fill((byte)index);
        ulong offset = (ulong)index * (ulong)size;
        while (!clock.IsOver)
        {
            Check(write
                ? await _client.WriteAsync(ObjectId, data, offset, default)
                : await _client.ReadAsync(ObjectId, data, offset, default));
            count++;
        }
        return count;
    }

    static void Check(Errno status)
    {
        if (status != Errno.OK)
            throw new InvalidOperationException($"the echo target answered {status}");
    }

    sealed class Deadline(TimeSpan duration)
    {
        readonly long _start = TimeProvider.System.GetTimestamp();

        public double ElapsedSeconds => TimeProvider.System.GetElapsedTime(_start).TotalSeconds;

        public bool IsOver => TimeProvider.System.GetElapsedTime(_start) >= duration;
    }
}
