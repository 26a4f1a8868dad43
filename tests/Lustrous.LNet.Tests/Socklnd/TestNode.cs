using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet.Lnd;
using Lustrous.LNet.Lnd.Socklnd;

namespace Lustrous.LNet.Tests.Socklnd;

/// <summary>A message that arrived, whole or not.</summary>
sealed record Arrival(LNetHeader Header, Nid From, byte[] Payload, Errno Status);

/// <summary>
/// A driver with one interface, and just so much of LNet above it that messages can be sent, received and looked at.
/// </summary>
sealed class TestNode : ILndUpcalls, ILNetCompletions, ILogSink, IWorkQueue, IAsyncDisposable
{
    public const int Port = 29988;      // 127.0.0.x: every node has an address of its own

    // Only what hangs is to fail by it, also on a machine that does forty other things.
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    readonly Channel<Arrival> _arrivals = Channel.CreateUnbounded<Arrival>();
    readonly Channel<string> _log = Channel.CreateUnbounded<string>();
    readonly Channel<bool> _peerNews = Channel.CreateUnbounded<bool>();
    readonly ConcurrentDictionary<LNetReceive, Pending> _receiving = new();
    readonly ConcurrentDictionary<LNetMessage, Outgoing> _sending = new();

    public TestNode(Nid nid, KsockTunables? tunables = null, TimeProvider? clock = null)
    {
        Context = new NodeContext(clock ?? TimeProvider.System, new SeededRandom(1), this, new BufferPool(), this);
        Tunables = tunables ?? new KsockTunables();
        Tunables = Tunables with { AcceptPort = Tunables.AcceptPort == 988 ? Port : Tunables.AcceptPort };
        Lnd = new KsockLnd(Context, Tunables);
        Ni = new LNetInterface(nid, Lnd, this);
    }

    public NodeContext Context { get; }

    public KsockTunables Tunables { get; }

    public KsockLnd Lnd { get; }

    public LNetInterface Ni { get; }

    public Nid Nid => Ni.Nid;

    /// <summary>What Parse says; by default everything is welcome.</summary>
    public Func<LNetHeader, Errno> OnParse { get; set; } = static _ => Errno.OK;

    /// <summary>How many bytes of a payload to keep; by default all.</summary>
    public Func<LNetHeader, int> Keep { get; set; } = static header => (int)header.PayloadLength;

    /// <summary>Sees each arrival on the reactor's thread, instead of <see cref="ReceiveAsync"/>.</summary>
    public Action<Arrival>? OnArrival { get; set; }

    public static Nid Tcp(string address) => Nid.FromIPAddress((uint)LNetType.Tcp << 16, IPAddress.Parse(address));

    public static async Task<TestNode> StartAsync(
        string address, KsockTunables? tunables = null, TimeProvider? clock = null)
    {
        TestNode node = new(Tcp(address), tunables, clock);
        Assert.Equal(Errno.OK, await node.Lnd.StartupAsync(node.Ni, CancellationToken.None));
        return node;
    }

    public LNetHeader Put(Nid target, ulong matchBits, int length) => new()
    {
        DestinationNid = target,
        SourceNid = Nid,
        DestinationPid = LNetProcessId.LustrePid,
        SourcePid = LNetProcessId.LustrePid,
        Type = LNetMessageType.Put,
        PayloadLength = (uint)length,
        Handle = WireHandle.None,
        MatchBits = matchBits,
        Portal = 12,
    };

    /// <summary>Sends bytes to a peer, cut into <paramref name="fragmentSize"/> pieces.</summary>
    /// <returns>How it ended.</returns>
    public unsafe Task<Errno> SendAsync(Nid target, ulong matchBits, byte[] payload, int fragmentSize = 4096)
    {
        byte[] memory = GC.AllocateUninitializedArray<byte>(payload.Length + 3, pinned: true);
        payload.CopyTo(memory, 3);      // an offset into the first fragment
        List<IoVec> fragments = [];
        fixed (byte* start = memory)
        {
            for (int at = 0; at < memory.Length; at += fragmentSize)
                fragments.Add(new IoVec(start + at, Math.Min(fragmentSize, memory.Length - at)));
        }
        LNetMessage message = new() { Node = this };
        message.Header = Put(target, matchBits, payload.Length);
        message.NextHop = target;
        message.Interface = Ni;
        message.PayloadOffset = 3;
        message.SetPayload([.. fragments]);
        Outgoing outgoing = new(memory);
        _sending[message] = outgoing;
        Lnd.Send(message);
        return outgoing.Ended.Task.WaitAsync(Patience);
    }

    public async Task<Arrival> ReceiveAsync() => await _arrivals.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    public async Task<bool> PeerNewsAsync() => await _peerNews.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    /// <summary>Waits for a log line with <paramref name="part"/>.</summary>
    public async Task<string> LoggedAsync(string part)
    {
        while (true)
        {
            string line = await _log.Reader.ReadAsync().AsTask().WaitAsync(Patience);
            if (line.Contains(part, StringComparison.Ordinal))
                return line;
        }
    }

    public bool HasArrivals => _arrivals.Reader.TryPeek(out _);

    public List<string> LogSoFar()
    {
        List<string> lines = [];
        while (_log.Reader.TryRead(out string? line))
            lines.Add(line);
        return lines;
    }

    public unsafe Errno Parse(LNetInterface ni, in LNetHeader header, Nid from, LNetReceive receive)
    {
        Errno error = OnParse(header);
        if (error != Errno.OK)
            return error;
        int keep = Keep(header);
        byte[] memory = GC.AllocateUninitializedArray<byte>(keep + 5, pinned: true);
        fixed (byte* start = memory)
        {
            // Three fragments, the first with an offset, the second empty.
            int first = 5 + keep / 3;
            receive.SetDestination([new(start, first), new(start, 0), new(start + first, keep + 5 - first)]);
        }
        receive.DestinationOffset = 5;
        receive.DestinationLength = keep;
        receive.Node = this;
        bool free = _receiving.TryAdd(receive, new Pending(header, from, memory));
        Assert.True(free, "Parse during an unfinished receive");
        return Errno.OK;
    }

    public void NotifyPeer(LNetInterface ni, Nid peer, bool alive) => _peerNews.Writer.TryWrite(alive);

    public void OnSendComplete(LNetMessage message, Errno status)
    {
        Assert.True(_sending.TryRemove(message, out Outgoing? outgoing), "a message was completed twice");
        outgoing.Ended.SetResult(status);
    }

    public void OnReceiveComplete(LNetReceive receive, Errno status)
    {
        Assert.True(_receiving.TryRemove(receive, out Pending? pending), "a receive was completed twice");
        Arrival arrival = new(pending.Header, pending.From, pending.Memory[5..], status);
        if (OnArrival is { } handler)
            handler(arrival);
        else
            _arrivals.Writer.TryWrite(arrival);
    }

    public bool IsEnabled(LogLevel level) => true;

    public void Write(in LogEvent entry) => _log.Writer.TryWrite(entry.Message);

    public void Post(Action<object?> work, object? state) =>
        throw new InvalidOperationException("the driver runs on its own threads");

    public async ValueTask DisposeAsync()
    {
        await Lnd.DisposeAsync().AsTask().WaitAsync(Patience);
        Assert.Empty(_receiving);
        Assert.Empty(_sending);
    }

    sealed record Pending(LNetHeader Header, Nid From, byte[] Memory);

    sealed record Outgoing(byte[] Memory)
    {
        public TaskCompletionSource<Errno> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
