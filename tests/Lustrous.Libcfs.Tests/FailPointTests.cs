namespace Lustrous.Libcfs.Tests;

public sealed class FailPointTests
{
    const uint Place = 0x512, Other = 0x513;

    readonly FailPoints _fail = new(new SeededRandom(1));

    [Fact]
    public void Nothing_fails_while_nothing_is_set()
    {
        Assert.Equal(0, Count(20));
        Assert.False(_fail.HasFailed);
    }

    [Fact]
    public void A_place_fails_every_time_and_no_other_does()
    {
        _fail.Set(Place);
        Assert.Equal(20, Count(20));
        Assert.False(_fail.Check(Other));
        Assert.True(_fail.HasFailed);
        _fail.Clear();
        Assert.Equal(0, Count(20));
    }

    [Fact]
    public void Once_is_once()
    {
        _fail.Set(Place, FailFlags.Once);
        Assert.Equal(1, Count(20));
        _fail.Set(Place, FailFlags.Once);
        Assert.Equal(1, Count(20));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void Some_is_as_often_as_said(uint times)
    {
        _fail.Set(Place, FailFlags.Some, times);
        Assert.Equal((int)times, Count(20));
    }

    [Fact]
    public void Skip_passes_first_and_fails_from_then_on()
    {
        _fail.Set(Place, FailFlags.Skip, 5);
        Assert.Equal(0, Count(5));
        Assert.Equal(15, Count(15));
    }

    [Fact]
    public void Skip_and_once_fail_exactly_the_next_one()
    {
        _fail.Set(Place, FailFlags.Skip | FailFlags.Once, 3);
        Assert.Equal(0, Count(3));
        Assert.True(_fail.Check(Place));
        Assert.Equal(0, Count(10));
    }

    [Fact]
    public void Random_is_one_in_so_many_and_the_same_for_the_same_seed()
    {
        _fail.Set(Place, FailFlags.Random, 4);
        int count = Count(4000);
        Assert.InRange(count, 850, 1150);
        var again = new FailPoints(new SeededRandom(1));
        again.Set(Place, FailFlags.Random, 4);
        Assert.Equal(count, Enumerable.Range(0, 4000).Count(_ => again.Check(Place)));
    }

    [Fact]
    public void A_fail_point_for_one_object_leaves_the_others_alone()
    {
        _fail.Set(Place, value: 42);
        Assert.False(_fail.CheckValue(Place, 41));
        Assert.True(_fail.CheckValue(Place, 42));
        _fail.Set(Place, value: uint.MaxValue);
        Assert.True(_fail.CheckValue(Place, 41));
    }

    [Fact]
    public void A_fault_bit_matches_every_check_that_has_it()
    {
        _fail.Set((uint)FailFlags.Fault);
        Assert.True(_fail.Check(Other | (uint)FailFlags.Fault));
        Assert.False(_fail.Check(Other));
    }

    [Fact]
    public void One_fail_point_can_set_the_next()
    {
        _fail.Set(Place);
        Assert.True(_fail.CheckReset(Place, Other | (uint)FailFlags.Once));
        Assert.False(_fail.Check(Place));
        Assert.True(_fail.Check(Other));
        Assert.False(_fail.Check(Other));
    }

    int Count(int times) => Enumerable.Range(0, times).Count(_ => _fail.Check(Place));
}
