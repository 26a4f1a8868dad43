using Lustrous.Clients.Lov;
using Lustrous.Libcfs;
using Xunit;

namespace Lustrous.Clients.Tests.Lov;

/// <summary>Several threads on one file, over a cache that is much too small: what the simulation's one thread cannot
/// show.</summary>
[Collection("alone")]
public sealed class ThreadTests
{
    [Fact]
    public async Task Threads_that_share_pages_lose_nothing()
    {
        const int threads = 4, unit = 3001, units = 400;
        LocalOst local = await LocalOst.StartAsync(
            TimeSpan.FromMilliseconds(5), maxDirty: 512 << 10, cacheBytes: 1 << 20);
        byte[] model = new byte[units * unit];
        var running = new List<Task>();
        for (int t = 0; t < threads; t++)
        {
            int own = t;
            running.Add(Task.Run(() => WorkAsync(local, new SeededRandom((ulong)own + 1), own, model)));
        }
        await Task.WhenAll(running).WaitAsync(TimeSpan.FromMinutes(2));
        int end = Array.FindLastIndex(model, b => b != 0) + 1;
        using (PooledBuffer buffer = local.Buffers.Take(model.Length))
        {
            Assert.Equal(end, (await local.File.ReadAsync(0, buffer.Slice(0, model.Length), 0, default)).Value);
            Assert.True(buffer.Span[..end].SequenceEqual(model.AsSpan(0, end)));
        }
        await local.DisposeAsync();

        static async Task WorkAsync(LocalOst local, SeededRandom random, int own, byte[] model)
        {
            using PooledBuffer buffer = local.Buffers.Take(unit);
            for (int i = 0; i < 1500; i++)
            {
                int at = ((random.Next(units / threads) * threads) + own) * unit;
                IoVec memory = buffer.Slice(0, unit);
                switch (random.Next(8))
                {
                    case < 4:
                        byte value = (byte)(1 + random.Next(255));
                        memory.Span.Fill(value);
                        LovIoFlags flags = random.Next(20) == 0 ? LovIoFlags.Direct : LovIoFlags.None;
                        Assert.Equal(unit, (await local.File.WriteAsync((ulong)at, memory, flags, default)).Value);
                        model.AsSpan(at, unit).Fill(value);
                        break;
                    case 4 when i % 10 == 0:
                        Assert.Equal(Errno.OK, await local.File.FlushAsync(0, ulong.MaxValue, false, default));
                        break;
                    case 5:
                        local.File.Prefetch((ulong)at, 1 << 20);
                        break;
                    default:
                        int read = (await local.File.ReadAsync((ulong)at, memory, 0, default)).Value;
                        Assert.True(memory.Span[..read].SequenceEqual(model.AsSpan(at, read)));
                        break;
                }
            }
        }
    }
}
