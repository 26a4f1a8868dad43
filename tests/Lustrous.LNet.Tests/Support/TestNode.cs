using System.Net;
using Lustrous.Idl.LNet;
using Lustrous.Libcfs;

namespace Lustrous.LNet.Tests.Support;

/// <summary>One event, kept.</summary>
readonly record struct Seen(LNetEventKind Kind, Errno Status, bool Unlinked)
{
    public int Offset { get; init; }

    public int MatchedLength { get; init; }

    public int RequestedLength { get; init; }

    public Nid Initiator { get; init; }

    public Nid Source { get; init; }

    public ulong MatchBits { get; init; }

    public ulong HeaderData { get; init; }

    public PooledBuffer? Moved { get; init; }

    /// <summary>Only what every event has.</summary>
    public Seen Brief => new(Kind, Status, Unlinked);
}

/// <summary>A descriptor over memory of its own, with the events it got.</summary>
sealed class TestMd : ILNetEventHandler
{
    public TestMd(
        int length, MdOptions options = MdOptions.None, int threshold = MemoryDescriptor.InfiniteThreshold,
        int maxSize = 0, int fragments = 1)
    {
        Memory = GC.AllocateArray<byte>(Math.Max(1, length), pinned: true);
        Md.Fragments = new IoVec[fragments];
        Md.FragmentCount = fragments;
        Md.Length = length;
        Md.Options = options;
        Md.Threshold = threshold;
        Md.MaxSize = maxSize;
        Md.Handler = this;
        for (int i = 0, at = 0; i < fragments; i++)
        {
            int run = i == fragments - 1 ? length - at : length / fragments;
            Md.Fragments[i] = Run(at, run);
            at += run;
        }
    }

    public byte[] Memory { get; }

    public MemoryDescriptor Md { get; } = new();

    public List<Seen> Events { get; } = [];

    public IEnumerable<Seen> Brief => Events.Select(e => e.Brief);

    public Action<Seen>? Then { get; set; }

    public void OnEvent(in LNetEvent e)
    {
        Assert.Same(Md, e.Descriptor);
        Assert.True(Events.Count == 0 || !Events[^1].Unlinked || Reused, "an event after the last one");
        var seen = new Seen(e.Kind, e.Status, e.Unlinked)
        {
            Offset = e.Offset,
            MatchedLength = e.MatchedLength,
            RequestedLength = e.RequestedLength,
            Initiator = e.Initiator.Nid,
            Source = e.Source.Nid,
            MatchBits = e.MatchBits,
            HeaderData = e.HeaderData,
            Moved = e.MovedBuffer,
        };
        Events.Add(seen);
        Then?.Invoke(seen);
    }

    /// <summary>The test posts it again after its last event.</summary>
    public bool Reused { get; set; }

    unsafe IoVec Run(int at, int length)
    {
        fixed (byte* start = Memory)
            return new IoVec(start + at, length);
    }
}

/// <summary>Log lines, kept.</summary>
sealed class TestLog : ILogSink
{
    public List<LogEvent> Lines { get; } = [];

    public bool IsEnabled(LogLevel level) => level >= LogLevel.Warning;

    public void Write(in LogEvent entry)
    {
        lock (Lines)
            Lines.Add(entry);
    }
}

/// <summary>Posted work is not what LNet does.</summary>
sealed class NoWork : IWorkQueue
{
    public void Post(Action<object?> work, object? state) => Assert.Fail("LNet hands nothing to another thread");
}

/// <summary>Nodes on one <see cref="Wire"/>.</summary>
sealed class TestWorld : IAsyncDisposable
{
    readonly List<LNetNode> _nodes = [];

    public Wire Wire { get; } = new();

    public ManualClock Clock { get; } = new();

    public TestLog Log { get; } = new();

    public BufferPool Buffers { get; } = new();

    public static Nid Nid(int host, int net = 0) =>
        Lustrous.Idl.LNet.Nid.FromIPAddress(
            (uint)LNetType.Tcp << 16 | (uint)net, new IPAddress([10, 99, 0, (byte)host]));

    public static LNetProcessId Id(Nid nid) => new(nid, LNetProcessId.LustrePid);

    public LNetNode Start(LNetOptions? options, params Nid[] nids)
    {
        var context = new NodeContext(Clock, new SeededRandom(7), new NoWork(), Buffers, Log);
        var node = new LNetNode(context, options);
        _nodes.Add(node);
        var lnd = Wire.CreateLnd();
        foreach (Nid nid in nids)
        {
            Task<Errno> started = node.AddInterfaceAsync(nid, lnd, CancellationToken.None).AsTask();
            Assert.True(started.IsCompleted);
            Assert.Equal(Errno.OK, started.Result);
        }
        return node;
    }

    public LNetNode Start(params Nid[] nids) => Start(null, nids);

    public async ValueTask DisposeAsync()
    {
        foreach (LNetNode node in _nodes)
            await node.DisposeAsync();
        Assert.Equal(0, Buffers.OutstandingBytes);
    }
}
