using System.Collections.Concurrent;
using Lustrous.Libcfs;

namespace Lustrous.Osd.Tests.Support;

/// <summary>What a device under test takes from the world.</summary>
sealed class DtWorld : IWorkQueue, ILogSink
{
    public DtWorld(long retainBytes = 0)
    {
        Buffers = new BufferPool(retainBytes);
        Context = new NodeContext(Clock, new SeededRandom(1), this, Buffers, this);
    }

    public ManualClock Clock { get; } = new();

    public BufferPool Buffers { get; }

    public NodeContext Context { get; }

    /// <summary>What was logged as an error.</summary>
    public ConcurrentQueue<string> Errors { get; } = new();

    public bool IsEnabled(LogLevel level) => level >= LogLevel.Error;

    public void Write(in LogEvent entry) => Errors.Enqueue($"{entry.Source}: {entry.Message}");

    public void Post(Action<object?> work, object? state) => work(state);
}
