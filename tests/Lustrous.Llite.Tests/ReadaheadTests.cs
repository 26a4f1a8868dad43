using Xunit;

namespace Lustrous.Llite.Tests;

public sealed class ReadaheadTests
{
    const long MiB = 1 << 20;
    const int Read = 128 << 10;

    [Fact]
    public void A_sequential_reader_gets_a_growing_window_ahead_and_nothing_twice()
    {
        var readahead = new Readahead();
        long fetched = 0, largest = 0;
        for (long at = 0; at < 64 * MiB; at += Read)
        {
            long length = readahead.Note(at, Read, 16 * MiB, out long start);
            if (length > 0)
            {
                Assert.True(start >= fetched, "fetched twice");
                Assert.True(start + length <= at + Read + (16 * MiB), "beyond the limit");
                fetched = start + length;
            }
            largest = Math.Max(largest, fetched - at);
        }
        Assert.True(largest > 15 * MiB, $"only {largest} ahead");
    }

    [Fact]
    public void A_random_reader_gets_nothing()
    {
        var readahead = new Readahead();
        foreach (long at in new[] { 50L, 3, 77, 20, 91, 12 })
            Assert.Equal(0, readahead.Note(at * MiB, Read, 16 * MiB, out _));
    }

    [Fact]
    public void A_stride_is_found_and_its_next_piece_fetched()
    {
        var readahead = new Readahead();
        for (int i = 1; i <= 6; i++)
        {
            long length = readahead.Note(i * 10 * MiB, Read, 16 * MiB, out long start);
            if (i < 4)
                continue;
            Assert.Equal(((i + 1) * 10 * MiB, (long)Read), (start, length));
        }
    }

    [Fact]
    public void A_limit_of_0_turns_it_off() =>
        Assert.Equal(0, new Readahead().Note(0, Read, 0, out _));
}
