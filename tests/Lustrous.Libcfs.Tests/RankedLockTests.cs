namespace Lustrous.Libcfs.Tests;

public sealed class RankedLockTests
{
    readonly RankedLock _low = new(rank: 1, name: "low"), _high = new(rank: 2, name: "high");

    [Fact]
    public void Ranks_may_only_rise()
    {
        using (_low.Enter())
        using (_high.Enter())
        {
            Assert.True(_low.IsHeldByCurrentThread);
            Assert.True(_high.IsHeldByCurrentThread);
        }
        Assert.False(_low.IsHeldByCurrentThread);
        Assert.False(_high.IsHeldByCurrentThread);
    }

#if DEBUG
    [Fact]
    public void A_lower_rank_inside_a_higher_one_is_a_bug_that_names_both()
    {
        LbugException bug = Assert.Throws<LbugException>(() =>
        {
            using (_high.Enter())
            using (_low.Enter())
            {
            }
        });
        Assert.Contains("low (rank 1)", bug.Message, StringComparison.Ordinal);
        Assert.Contains("high (rank 2)", bug.Message, StringComparison.Ordinal);
        Assert.False(_high.IsHeldByCurrentThread);
        using (_low.Enter())
        {
        }
    }

    [Fact]
    public void The_same_lock_twice_is_a_bug()
    {
        Assert.Throws<LbugException>(() =>
        {
            using (_low.Enter())
            using (_low.Enter())
            {
            }
        });
    }
#endif

    [Fact]
    public void Two_threads_take_turns()
    {
        int inside = 0, total = 0;
        Parallel.For(0, 4, _ =>
        {
            for (int i = 0; i < 5000; i++)
            {
                using (_low.Enter())
                {
                    Assert.Equal(1, ++inside);
                    total++;
                    inside--;
                }
            }
        });
        Assert.Equal(20000, total);
    }
}
