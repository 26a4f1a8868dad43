namespace Lustrous.Libcfs.Tests;

public sealed unsafe class BufferPoolTests
{
    [Theory]
    [InlineData(1, 512)]
    [InlineData(512, 512)]
    [InlineData(513, 1024)]
    [InlineData(4096, 4096)]
    [InlineData(4097, 8192)]
    [InlineData((1 << 20) + 1, 2 << 20)]
    [InlineData(BufferPool.MaxSize, BufferPool.MaxSize)]
    public void A_buffer_is_the_next_power_of_two_and_page_aligned(int size, int capacity)
    {
        var pool = new BufferPool();
        using PooledBuffer buffer = pool.Take(size);
        Assert.Equal(capacity, buffer.Capacity);
        Assert.Equal(0u, (nuint)buffer.Start % BufferPool.PageSize);
        buffer.Span.Fill(0x5A);
        Assert.Equal(capacity, pool.OutstandingBytes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(BufferPool.MaxSize + 1)]
    public void A_size_that_no_buffer_has_is_a_bug_of_the_caller(int size) =>
        Assert.Throws<LbugException>(() => new BufferPool().Take(size));

    [Fact]
    public void What_comes_back_is_used_again_and_counted()
    {
        var pool = new BufferPool();
        PooledBuffer first = pool.Take(5000);
        nint memory = (nint)first.Start;
        first.Dispose();
        Assert.Equal(0, pool.OutstandingBytes);
        using PooledBuffer second = pool.Take(8000);
        Assert.Equal(memory, (nint)second.Start);
    }

    [Fact]
    public void Returning_twice_is_a_bug_of_the_caller()
    {
        PooledBuffer buffer = new BufferPool().Take(100);
        buffer.Dispose();
        Assert.Throws<LbugException>(buffer.Dispose);
    }

    [Fact]
    public void What_the_pool_may_not_keep_is_freed()
    {
        var pool = new BufferPool(retainBytes: 4096);
        PooledBuffer first = pool.Take(4096), second = pool.Take(4096);
        first.Dispose();
        second.Dispose();
        Assert.True(second.Start is null, "the second would have exceeded what is kept");
        Assert.True(first.Start is not null);
        Assert.Equal(0, pool.OutstandingBytes);
    }

    [Fact]
    public void What_nobody_took_for_a_while_is_freed_and_what_is_in_use_stays()
    {
        var pool = new BufferPool();
        PooledBuffer[] taken = [.. Enumerable.Range(0, 64).Select(_ => pool.Take(256 << 10))];
        taken[0].Span.Fill(7);
        foreach (PooledBuffer buffer in taken[1..])
            buffer.Dispose();
        long kept = pool.RetainedBytes;
        pool.Trim();
        Assert.Equal(kept, pool.RetainedBytes);     // they came back a moment ago
        pool.Take(256 << 10).Dispose();
        pool.Trim();
        // But for the one that is used again and again, and the neighbours of the two: 2 MiB is freed at once.
        Assert.InRange(pool.RetainedBytes, 256 << 10, 4 << 20);
        Assert.False(taken[0].Span.ContainsAnyExcept((byte)7));
        taken[0].Dispose();
        pool.Trim();
        pool.Trim();
        Assert.Equal(0, pool.RetainedBytes);
        Assert.Equal(0, pool.OutstandingBytes);
    }

    [Fact]
    public void Large_buffers_are_kept_as_long_as_a_neighbour_is_in_use()
    {
        var pool = new BufferPool(retainBytes: 0);
        PooledBuffer first = pool.Take(1 << 20), second = pool.Take(1 << 20);
        Assert.Same(first.Slab, second.Slab);
        first.Dispose();
        Assert.True(first.Start is not null);
        Assert.Equal(1 << 20, pool.RetainedBytes);
        second.Dispose();
        Assert.True(first.Start is null && second.Start is null);
        Assert.Equal(0, pool.RetainedBytes);
    }

    [Fact]
    public void A_slice_stays_inside_its_buffer()
    {
        using PooledBuffer buffer = new BufferPool().Take(512);
        Assert.Equal(12, buffer.Slice(500, 12).Length);
        Assert.Throws<LbugException>(() => buffer.Slice(500, 13));
        Assert.Throws<LbugException>(() => buffer.Slice(-1, 1));
        Assert.Throws<LbugException>(() => buffer.Slice(0, -1));
    }

    [Fact]
    public void Taking_and_returning_allocates_nothing_once_warm()
    {
        var pool = new BufferPool();
        pool.Take(1000).Dispose();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
            pool.Take(1000).Dispose();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Threads_never_share_a_buffer()
    {
        var pool = new BufferPool(retainBytes: 64 << 10);
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, thread =>
        {
            for (int i = 0; i < 2000; i++)
            {
                using PooledBuffer buffer = pool.Take(1 + i * 37 % 9000);
                byte mark = (byte)(thread * 64 + i % 64);
                buffer.Span.Fill(mark);
                Assert.False(buffer.Span.ContainsAnyExcept(mark), "another thread wrote into this buffer");
            }
        });
        Assert.Equal(0, pool.OutstandingBytes);
    }
}
