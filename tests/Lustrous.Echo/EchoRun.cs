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
        foreach (int size in sizes)
        {
            using PooledBuffer written = context.Buffers.Take(size);
            using PooledBuffer read = context.Buffers.Take(size);
            for (int i = 0; i < size; i++)
                written.Span[i] = (byte)context.Random.Next(256);
            if (await client.WriteAsync(written.Slice(0, size), 0, default) is var failed and not Errno.OK)
                return await FailAsync(output, $"write of {size}: {failed}");
            if (await client.ReadAsync(read.Slice(0, size), 0, default) is var lost and not Errno.OK)
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

    static async Task<int> FailAsync(TextWriter output, string what)
    {
        await output.WriteLineAsync("failed: " + what);
        return 1;
    }
}
