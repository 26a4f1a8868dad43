using CsCheck;

namespace Lustrous.Libcfs.Tests;

public sealed class SeededRandomTests
{
    [Fact]
    public void The_same_seed_gives_the_same_numbers() => Gen.ULong.Sample(seed =>
        Take(new SeededRandom(seed), 50).SequenceEqual(Take(new SeededRandom(seed), 50)));

    [Fact]
    public void Other_seeds_give_other_numbers() =>
        Assert.NotEqual(Take(new SeededRandom(1), 4), Take(new SeededRandom(2), 4));

    // Reference: xoshiro256** seeded by splitmix64 from 0, as its authors' code gives.
    [Fact]
    public void The_stream_never_changes_because_seeds_in_reports_must_repeat() =>
        Assert.Equal([0x99EC5F36CB75F2B4, 0xBF6E1F784956452A, 0x1A5F849D4933E6E0], Take(new SeededRandom(0), 3));

    [Fact]
    public void A_fork_does_not_depend_on_what_the_parent_does_later()
    {
        SeededRandom parent = new(5), twin = new(5);
        SeededRandom fork = parent.Fork(), twinFork = twin.Fork();
        Take(parent, 10);
        Assert.Equal(Take(twinFork, 10), Take(fork, 10));
    }

    [Fact]
    public void Numbers_stay_below_their_bound_and_reach_all_of_it()
    {
        var random = new SeededRandom(9);
        int[] seen = new int[7];
        for (int i = 0; i < 7000; i++)
            seen[random.Next(7)]++;
        Assert.All(seen, count => Assert.InRange(count, 800, 1200));
        Assert.Throws<LbugException>(() => random.Next(0));
        Assert.All(Enumerable.Range(0, 1000), _ => Assert.InRange(random.NextDouble(), 0, 0.9999999999999999));
    }

    static ulong[] Take(SeededRandom random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => random.NextUInt64())];
}
