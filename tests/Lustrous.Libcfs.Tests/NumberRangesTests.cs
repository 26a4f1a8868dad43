using CsCheck;

namespace Lustrous.Libcfs.Tests;

public sealed class NumberRangesTests
{
    [Theory]
    [InlineData("7", new uint[] { 7 }, "7")]
    [InlineData("0x10", new uint[] { 16 }, "16")]
    [InlineData("010", new uint[] { 8 }, "8")]
    [InlineData("[0-5/2,7]", new uint[] { 0, 2, 4, 7 }, "[0-5/2,7]")]
    [InlineData("[3]", new uint[] { 3 }, "3")]
    [InlineData("[ 1 - 3 , 9 ]", new uint[] { 1, 2, 3, 9 }, "[1-3,9]")]
    [InlineData("[1-3]", new uint[] { 1, 2, 3 }, "[1-3]")]
    public void A_set_has_its_numbers_and_its_text(string text, uint[] numbers, string canonical)
    {
        NumberRanges ranges = NumberRanges.Parse(text, 0, 100).Value;
        Assert.Equal(numbers, ranges.Values(100).Value);
        Assert.Equal(canonical, ranges.ToString());
        Assert.Equal(numbers, Enumerable.Range(0, 101).Select(n => (uint)n).Where(ranges.Contains));
    }

    [Fact]
    public void A_star_is_everything_allowed() =>
        Assert.Equal([2u, 3u, 4u], NumberRanges.Parse("*", 2, 4).Value.Values(3).Value);

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("[1,]")]
    [InlineData("[1")]
    [InlineData("1-3")]
    [InlineData("1,3")]
    [InlineData("[3-1]")]
    [InlineData("[1-101]")]
    [InlineData("101")]
    [InlineData("-1")]
    [InlineData("[1-9/0]")]
    [InlineData("[1-9/]")]
    [InlineData("[1-/2]")]
    [InlineData("08")]
    [InlineData("0x")]
    [InlineData("4294967296")]
    [InlineData("x")]
    public void Text_that_is_no_set_is_refused(string text) =>
        Assert.Equal(Errno.EINVAL, NumberRanges.Parse(text, 0, 100).Error);

    [Fact]
    public void More_numbers_than_wanted_are_refused_before_they_are_counted_out() =>
        Assert.Equal(Errno.EINVAL, NumberRanges.Parse("*", 0, uint.MaxValue).Value.Values(1000).Error);

    [Fact]
    public void Every_set_reads_back_from_its_text() =>
        Gen.Select(Gen.UInt[0, 1000], Gen.UInt[0, 1000], Gen.UInt[1, 50]).Array[1, 6].Sample(parts =>
        {
            IEnumerable<NumberRange> written =
                parts.Select(p => new NumberRange(Math.Min(p.Item1, p.Item2), Math.Max(p.Item1, p.Item2), p.Item3));
            string text = $"[{string.Join(',', written)}]";
            NumberRanges ranges = NumberRanges.Parse(text, 0, 1000).Value;
            Assert.Equal(ranges, NumberRanges.Parse(ranges.ToString(), 0, 1000).Value);
            Assert.Equal(ranges.Values(10000).Value.ToHashSet().Count,
                Enumerable.Range(0, 1001).Count(n => ranges.Contains((uint)n)));
        });
}
