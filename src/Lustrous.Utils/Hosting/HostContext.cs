using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Lustrous.Libcfs;

namespace Lustrous.Utils.Hosting;

/// <summary>The world of a process: the machine's clock, threads and memory.</summary>
static class HostContext
{
    // Threads of the pool wait for disks; those that come after them must not wait for the pool to notice.
    const int MinThreads = 32;

    /// <summary>Of the memory that this process may use, how much of what is free is kept for the next who needs some.
    /// Where the machine is a virtual one, memory that goes back may go back to its host, and costs ten times as much
    /// when it comes again.</summary>
    const int RetainedFraction = 8;

    public static NodeContext Create(ILogSink log)
    {
        ThreadPool.GetMinThreads(out int workers, out int completions);
        ThreadPool.SetMinThreads(Math.Max(workers, MinThreads), completions);
        long retained = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / RetainedFraction;
        return new NodeContext(
            TimeProvider.System, NewRandom(), new ThreadPoolWork(), new BufferPool(retained), log);
    }

    public static SeededRandom NewRandom()
    {
        Span<byte> seed = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(seed);
        return new SeededRandom(MemoryMarshal.Read<ulong>(seed));
    }

    sealed class ThreadPoolWork : IWorkQueue
    {
        public void Post(Action<object?> work, object? state) =>
            ThreadPool.UnsafeQueueUserWorkItem(work, state, preferLocal: false);
    }
}
