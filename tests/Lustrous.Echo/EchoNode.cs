using System.Numerics;
using System.Runtime.InteropServices;
using Lustrous.Libcfs;
using Lustrous.LNet;
using Lustrous.Ptlrpc;

namespace Lustrous.Echo;

/// <summary>The machine's clock, threads and memory, for a process of its own.</summary>
public static class EchoNode
{
    public static NodeContext CreateContext(ILogSink? log = null)
    {
        Span<byte> seed = stackalloc byte[8];
        System.Security.Cryptography.RandomNumberGenerator.Fill(seed);
        return new NodeContext(
            TimeProvider.System, new SeededRandom(MemoryMarshal.Read<ulong>(seed)), new ThreadPoolWorkQueue(),
            new BufferPool(),
            log ?? new StandardErrorLog());
    }

    /// <summary>Short enough that a test need not wait long for a lost peer.</summary>
    public static PtlrpcOptions Timeouts { get; } = PtlrpcOptions.Default with { ObdTimeoutSeconds = 20 };

    /// <summary>CRC-32C, as OST_READ and OST_WRITE carry it.</summary>
    public static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words)
            crc = BitOperations.Crc32C(crc, word);
        foreach (byte b in bytes[(words.Length * 8)..])
            crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }

    sealed class ThreadPoolWorkQueue : IWorkQueue
    {
        public void Post(Action<object?> work, object? state) =>
            ThreadPool.UnsafeQueueUserWorkItem(work, state, preferLocal: false);
    }

    sealed class StandardErrorLog : ILogSink
    {
        public bool IsEnabled(LogLevel level) => level >= LogLevel.Warning;

        public void Write(in LogEvent entry)
        {
            if (IsEnabled(entry.Level))
                Console.Error.WriteLine($"{entry.Level} {entry.Source}: {entry.Message}");
        }
    }
}
