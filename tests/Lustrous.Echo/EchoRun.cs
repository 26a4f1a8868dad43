using System.Runtime.InteropServices;
using Lustrous.Libcfs;

namespace Lustrous.Echo;

/// <summary>What <c>lustrous-echo run</c> does: writes, reads back and compares; then counts.</summary>
public static class EchoRun
{
    public static async Task<int> RunAsync(
        EchoClient client, NodeContext context, IReadOnlyList<int> sizes, ulong first, ulong count, TextWriter output)
    {
        if (await client.PingAsync(default) is var status and not Errno.OK)
            return await FailAsync(output, $"ping: {status}");
        await output.WriteLineAsync("ping ok");
        ulong objectId = context.Random.NextUInt64() | 1;
        foreach (int size in sizes)
        {
            using PooledBuffer written = context.Buffers.Take(size);
            using PooledBuffer read = context.Buffers.Take(size);
            Fill(written.Span[..size], context.Random.NextUInt64());
            if (await client.WriteAsync(objectId, written.Slice(0, size), 0, default) is var failed and not Errno.OK)
                return await FailAsync(output, $"write of {size}: {failed}");
            if (await client.ReadAsync(objectId, read.Slice(0, size), 0, default) is var lost and not Errno.OK)
                return await FailAsync(output, $"read of {size}: {lost}");
            if (!written.Span[..size].SequenceEqual(read.Span[..size]))
                return await FailAsync(output, $"{size} bytes came back different");
            await output.WriteLineAsync($"verified {size}");
        }
        for (ulong operation = first; operation < first + count; operation++)
        {
            Result<ulong> value = await client.CountAsync(operation, default);
            if (value.Failed)
                return await FailAsync(output, $"count {operation}: {value.Error}");
            await output.WriteLineAsync($"counted {operation} {value.Value}");
        }
        await output.WriteLineAsync("done");
        return 0;
    }

    /// <summary>
    /// Several writers, each with an object of its own, write, read back and compare over and over, and count
    /// each round, until
    /// told to stop. What it says before each step lets a test choose its moment.
    /// </summary>
    public static async Task<int> StormAsync(
        EchoClient client, NodeContext context, int writers, Task stop, TextWriter output)
    {
        string?[] failures = await Task.WhenAll(
            Enumerable.Range(0, writers).Select(writer => WriteRoundsAsync(client, context, writer, stop, output)));
        if (Array.Find(failures, failure => failure is not null) is { } failed)
            return await FailAsync(output, failed);
        await output.WriteLineAsync($"resent {client.Resent}");
        await output.WriteLineAsync("done");
        return 0;
    }

    static async Task<string?> WriteRoundsAsync(
        EchoClient client, NodeContext context, int writer, Task stop, TextWriter output)
    {
        using PooledBuffer written = context.Buffers.Take(EchoStore.ObjectSize);
        using PooledBuffer read = context.Buffers.Take(EchoStore.ObjectSize);
        ulong objectId = context.Random.NextUInt64() | 1;
        for (int round = writer; !stop.IsCompleted; round++)
        {
            int size = StormSizes[round % StormSizes.Length];
            Fill(written.Span[..size], context.Random.NextUInt64());
            await output.WriteLineAsync($"writing {size}");
            if (await client.WriteAsync(objectId, written.Slice(0, size), 0, default) is var status and not Errno.OK)
                return $"write of {size}: {status}";
            await output.WriteLineAsync($"reading {size}");
            if (await client.ReadAsync(objectId, read.Slice(0, size), 0, default) is var lost and not Errno.OK)
                return $"read of {size}: {lost}";
            // The same memory every round: what came late, of an earlier round, would show.
            if (!written.Span[..size].SequenceEqual(read.Span[..size]))
                return $"{size} bytes came back different";
            Result<ulong> value = await client.CountAsync(context.Random.NextUInt64(), default);
            if (value.Failed)
                return $"count: {value.Error}";
            await output.WriteLineAsync($"counted {value.Value}");
        }
        return null;
    }

    static readonly int[] StormSizes = [16 << 20, 100, 1 << 20, 4097, (4 << 20) + 1, 16 << 20, 65536];

    /// <summary>Bytes that are different each time (splitmix64).</summary>
    static void Fill(Span<byte> memory, ulong seed)
    {
        foreach (ref ulong word in MemoryMarshal.Cast<byte, ulong>(memory))
            word = Next();
        for (int i = memory.Length & ~7; i < memory.Length; i++)
            memory[i] = (byte)Next();

        ulong Next()
        {
            ulong z = seed += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            return z ^ (z >> 29);
        }
    }

    static async Task<int> FailAsync(TextWriter output, string what)
    {
        await output.WriteLineAsync("failed: " + what);
        return 1;
    }
}
