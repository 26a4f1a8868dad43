using BenchmarkDotNet.Attributes;
using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet;

namespace Lustrous.Bench.Micro;

/// <summary>What LNet costs a message, without a network: a PUT of a node to itself, matched, delivered, and taken
/// out.</summary>
[MemoryDiagnoser]
public class MatchBenchmarks : ILNetEventHandler, IDisposable
{
    const int Portal = 10, Bytes = 320;

    static readonly LNetProcessId Self = new(Nid.Loopback, LNetProcessId.LustrePid);

    readonly LNetNode _node = new(new NodeContext(
        TimeProvider.System, new SeededRandom(1), new ThreadPoolWork(), new BufferPool(), NullLogSink.Instance));
    readonly MemoryDescriptor _target = new(), _source = new();
    readonly List<MemoryDescriptor> _others = [];
    readonly PooledBuffer _memory;
    ulong _bits;
    int _delivered;

    public MatchBenchmarks() => _memory = _node.Context.Buffers.Take(BufferPool.PageSize);

    /// <summary>How many other replies the same portal waits for.</summary>
    [Params(1, 1000)]
    public int Waiting { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _target.SetSingle(_memory.Slice(0, Bytes));
        _target.Options = MdOptions.OpPut;
        _source.SetSingle(_memory.Slice(1024, Bytes));
        (_target.Handler, _source.Handler) = (this, this);
        // A client with many requests under way: as many other reply descriptors on the same portal.
        for (uint i = 0; i < Waiting; i++)
        {
            var other = new MemoryDescriptor { Options = MdOptions.OpPut, Threshold = 1, Handler = this };
            other.SetSingle(_memory.Slice(2048, Bytes));
            _others.Add(other);
            Attach(other, 1_000_000 + i);
        }
    }

    /// <summary>Attaches a reply descriptor, PUTs to it, and has it unlinked by its one use.</summary>
    [Benchmark]
    public int AttachPutDeliver()
    {
        _target.Threshold = 1;
        _source.Threshold = 1;
        Attach(_target, ++_bits);
        _node.Put(
            _source, 0, Bytes, ackWanted: false, Nid.Any, Self, Portal, _bits, remoteOffset: 0, headerData: 0);
        return _delivered;
    }

    public void OnEvent(in LNetEvent e)
    {
        if (e.Kind == LNetEventKind.Put)
            _delivered++;
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _node.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _memory.Dispose();
        GC.SuppressFinalize(this);
    }

    void Attach(MemoryDescriptor md, ulong bits) =>
        Lassert.That(_node.Attach(
            Portal, LNetProcessId.Any, bits, 0, MdUnlink.Unlink, MatchPosition.After, md) == Errno.OK);
}
