using System.Net;
using System.Threading.Channels;
using Lustrous.Echo;
using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.LNet.Lnd.Socklnd;
using Lustrous.Ptlrpc;

namespace Lustrous.Fuzz.Tests.Hostile;

/// <summary>A server on real sockets with a client that behaves, while somebody else does not.</summary>
sealed class HostileWorld : IAsyncDisposable, ILogSink
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    readonly Channel<string> _log = Channel.CreateUnbounded<string>();
    readonly List<WellBehaved> _clients = [];
    readonly EchoJournal _journal = new(null);
    readonly EchoStore _store;
    int _lines;

    HostileWorld(KsockTunables tunables)
    {
        LNet = new LNetNode(EchoNode.CreateContext(this));
        Lnd = new KsockLnd(LNet.Context, tunables with { AcceptPort = 0, ReservedPorts = false, Schedulers = 1 });
        _store = new EchoStore(LNet.Context.Buffers, null);
        Echo = new EchoServer(LNet, _journal, _store);
    }

    public LNetNode LNet { get; }

    public KsockLnd Lnd { get; }

    public EchoServer Echo { get; }

    public Nid Nid { get; } = Tcp("127.0.9.1");

    public int Port => Lnd.PortOf(LNet.Interfaces[0]);

    /// <summary>Lines that the server has logged.</summary>
    public int Lines => Volatile.Read(ref _lines);

    public static Nid Tcp(string address) => Nid.FromIPAddress((uint)LNetType.Tcp << 16, IPAddress.Parse(address));

    public static async Task<HostileWorld> StartAsync(KsockTunables? tunables = null)
    {
        var world = new HostileWorld(tunables ?? new KsockTunables());
        Assert.Equal(Errno.OK, await world.LNet.AddInterfaceAsync(world.Nid, world.Lnd, default));
        Assert.Equal(Errno.OK, world.Echo.Start());
        return world;
    }

    /// <summary>A client of an address of its own, connected.</summary>
    public async Task<WellBehaved> ConnectAsync(string address)
    {
        WellBehaved client = new(this);
        _clients.Add(client);
        await client.StartAsync(Tcp(address));
        return client;
    }

    /// <summary>Waits for a log line with both parts.</summary>
    public async Task<string> LoggedAsync(string part, string who)
    {
        while (true)
        {
            string line = await _log.Reader.ReadAsync().AsTask().WaitAsync(Patience);
            if (line.Contains(part, StringComparison.Ordinal) && line.Contains(who, StringComparison.Ordinal))
                return line;
        }
    }

    public bool IsEnabled(LogLevel level) => level >= LogLevel.Warning;

    public void Write(in LogEvent entry)
    {
        if (!IsEnabled(entry.Level))
            return;
        Interlocked.Increment(ref _lines);
        _log.Writer.TryWrite($"{entry.Source}: {entry.Message}");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (WellBehaved client in _clients)
            await client.DisposeAsync();
        await Echo.DisposeAsync();
        await LNet.DisposeAsync();
        _store.Dispose();
        _journal.Dispose();
    }
}

/// <summary>A client that does nothing wrong and must not be made to suffer.</summary>
sealed class WellBehaved : IAsyncDisposable
{
    const int BulkBytes = 256 << 10;

    readonly LNetNode _lnet;
    readonly KsockLnd _lnd;
    readonly PtlrpcNode _node;
    readonly EchoClient _client;
    readonly PooledBuffer _written, _read;
    ulong _operation, _counted;

    public WellBehaved(HostileWorld world)
    {
        _lnet = new LNetNode(EchoNode.CreateContext(NullLogSink.Instance));
        _lnd = new KsockLnd(
            _lnet.Context,
            new KsockTunables { AcceptPort = 0, PeerPort = _ => world.Port, ReservedPorts = false, Schedulers = 1 });
        _node = new PtlrpcNode(_lnet, EchoNode.Timeouts);
        var server = new LNetProcessId(world.Nid, LNetProcessId.LustrePid);
        _client = new EchoClient(_node, server, $"good-{_lnet.Context.Random.NextUInt64():x}");
        _written = _lnet.Context.Buffers.Take(BulkBytes);
        _read = _lnet.Context.Buffers.Take(BulkBytes);
        _written.Span.Fill(0x5a);
    }

    public async Task StartAsync(Nid nid)
    {
        Assert.Equal(Errno.OK, await _lnet.AddInterfaceAsync(nid, _lnd, default));
        Assert.Equal(Errno.OK, await _client.ConnectAsync(default).AsTask().WaitAsync(HostileWorld.Patience));
    }

    /// <summary>A small request, then bulk both ways: all of it is answered, and rightly.</summary>
    public async Task GoesOnAsync()
    {
        Result<ulong> count = await _client.CountAsync(++_operation, default).AsTask().WaitAsync(HostileWorld.Patience);
        Assert.Equal(Errno.OK, count.Error);
        Assert.True(count.Value > _counted, "what was executed has been forgotten");
        _counted = count.Value;
        IoVec written = _written.Slice(0, BulkBytes), read = _read.Slice(0, BulkBytes);
        read.Span.Clear();
        Assert.Equal(
            Errno.OK, await _client.WriteAsync(1, written, 0, default).AsTask().WaitAsync(HostileWorld.Patience));
        Assert.Equal(Errno.OK, await _client.ReadAsync(1, read, 0, default).AsTask().WaitAsync(HostileWorld.Patience));
        Assert.True(written.Span.SequenceEqual(read.Span));
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        _node.Dispose();
        await _lnet.DisposeAsync();
        _written.Dispose();
        _read.Dispose();
    }
}
