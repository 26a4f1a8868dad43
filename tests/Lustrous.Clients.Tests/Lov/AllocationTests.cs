using Lustrous.Clients.Lov;
using Lustrous.Libcfs;
using Xunit;

namespace Lustrous.Clients.Tests.Lov;

/// <summary>What reads and writes allocate once everything is warm, client and OST in one process: nothing. Alone,
/// because the measure is that of the whole process.</summary>
[Collection("alone")]
public sealed class AllocationTests
{
    const int MiB = 1 << 20;

    [Theory]
    [InlineData(4096)]
    [InlineData(MiB)]
    public Task A_write_into_the_cache_allocates_nothing(int size) => MeasureAsync(
        500, size, (file, memory, _) => file.WriteAsync(0, memory, LovIoFlags.None, default));

    [Theory]
    [InlineData(4096)]
    [InlineData(MiB)]
    public Task A_read_from_the_cache_allocates_nothing(int size) => MeasureAsync(
        500, size, (file, memory, _) => file.ReadAsync(0, memory, LovIoFlags.None, default));

    /// <summary>64 MiB at 1 MiB each, written by the cache in RPCs of 4 MiB as they fill.</summary>
    [Fact]
    public Task Writing_along_a_file_allocates_nothing()
    {
#if DEBUG
        Assert.Skip("the server is not optimized in a debug build: state machines of its async methods are classes");
#endif
        return MeasureAsync(
            200, MiB, (file, memory, i) => file.WriteAsync((ulong)(i % 64) * MiB, memory, LovIoFlags.None, default),
            perCall: 64);
    }

    static async Task MeasureAsync(
        int count, int size, Func<LovObject, IoVec, int, ValueTask<Result<int>>> operation, int perCall = 1)
    {
        await using LocalOst local = await LocalOst.StartAsync();
        LovObject file = local.File;
        using PooledBuffer buffer = local.Buffers.Take(MiB);
        buffer.Span.Fill(7);
        IoVec memory = buffer.Slice(0, size);
        for (int i = 0; i < 64; i++)
            Assert.Equal(MiB, (await file.WriteAsync((ulong)i * MiB, buffer.Slice(0, MiB), 0, default)).Value);
        long best = long.MaxValue;
        // The runtime's own threads allocate now and then: the best of some tries is ours.
        for (int attempt = 0; attempt < 6 && best > 0; attempt++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < count; i++)
            {
                if ((await operation(file, memory, i)).Error is var status and not Errno.OK)
                    Assert.Fail($"{status}");
            }
            best = Math.Min(best, GC.GetTotalAllocatedBytes(precise: true) - before);
        }
        Assert.True(best < count * perCall, $"{best} bytes in {count} operations");
    }
}

[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class AloneCollection;
