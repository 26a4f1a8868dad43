using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Lustrous.Libcfs;

namespace Lustrous.Utils.Hosting;

/// <summary>The world of a process: the machine's clock, threads and memory.</summary>
static class HostContext
{
    public static NodeContext Create(ILogSink log)
    {
        Span<byte> seed = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(seed);
        return new NodeContext(
            TimeProvider.System, new SeededRandom(MemoryMarshal.Read<ulong>(seed)), new ThreadPoolWork(),
            new BufferPool(), log);
    }

    sealed class ThreadPoolWork : IWorkQueue
    {
        public void Post(Action<object?> work, object? state) =>
            ThreadPool.UnsafeQueueUserWorkItem(work, state, preferLocal: false);
    }
}
