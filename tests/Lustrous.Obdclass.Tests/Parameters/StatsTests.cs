using Lustrous.Obdclass.Parameters;

namespace Lustrous.Obdclass.Tests.Parameters;

public sealed class StatsTests
{
    [Fact]
    public void Stats_read_as_lustre_prints_them()
    {
        var clock = new FixedClock(1_510_782_606);
        var reads = new StatsCounter("read_bytes", "bytes", CounterKind.StandardDeviation);
        var pings = new StatsCounter("ping", "reqs", CounterKind.Count);
        var waits = new StatsCounter("req_waittime", "usecs", CounterKind.MinMaxSum);
        var stats = new Stats(clock, reads, pings, waits, new StatsCounter("never", "reqs", CounterKind.Count));

        reads.Add(4096);
        reads.Add(2);
        pings.Add(1);
        waits.Add(7);
        clock.Advance(TimeSpan.FromSeconds(2.5));

        Assert.Equal(
            "snapshot_time             1510782608.500000000 secs.nsecs\n" +
            "start_time                1510782606.000000000 secs.nsecs\n" +
            "elapsed_time              2.500000000 secs.nsecs\n" +
            "read_bytes                          2 samples [bytes] 2 4096 4098 16777220\n" +
            "ping                                1 samples [reqs]\n" +
            "req_waittime                        1 samples [usecs] 7 7 7\n",
            stats.ToString());
    }

    [Fact]
    public void Writing_to_stats_clears_them()
    {
        var clock = new FixedClock(0);
        var counter = new StatsCounter("read", "reqs", CounterKind.MinMaxSum);
        var stats = new Stats(clock, counter);
        counter.Add(5);
        Assert.Equal(Libcfs.Errno.OK, stats.AsParameter().Write!("0"));
        Assert.DoesNotContain("samples", stats.AsParameter().Read!(), StringComparison.Ordinal);
        counter.Add(9);
        Assert.Equal((1, 9, 9, 9), (counter.Count, counter.Smallest, counter.Largest, counter.Sum));
    }

    [Fact]
    public void Samples_from_several_threads_all_count()
    {
        var counter = new StatsCounter("read", "reqs", CounterKind.StandardDeviation);
        Parallel.For(1, 1001, i => counter.Add(i));
        Assert.Equal((1000, 1, 1000, 500_500), (counter.Count, counter.Smallest, counter.Largest, counter.Sum));
        Assert.Equal(333_833_500, counter.SumOfSquares);
    }

    sealed class FixedClock(long unixSeconds) : TimeProvider
    {
        DateTimeOffset _now = DateTimeOffset.FromUnixTimeSeconds(unixSeconds);

        public override DateTimeOffset GetUtcNow() => _now;

        public void Advance(TimeSpan by) => _now += by;
    }
}
