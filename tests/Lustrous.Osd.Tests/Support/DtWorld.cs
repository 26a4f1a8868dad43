using Lustrous.Libcfs;

namespace Lustrous.Osd.Tests.Support;

/// <summary>What a device under test takes from the world.</summary>
sealed class DtWorld : IWorkQueue
{
    public DtWorld(long retainBytes = 0)
    {
        Buffers = new BufferPool(retainBytes);
        Context = new NodeContext(Clock, new SeededRandom(1), this, Buffers, NullLogSink.Instance);
    }

    public ManualClock Clock { get; } = new();

    public BufferPool Buffers { get; }

    public NodeContext Context { get; }

    public void Post(Action<object?> work, object? state) => work(state);
}
