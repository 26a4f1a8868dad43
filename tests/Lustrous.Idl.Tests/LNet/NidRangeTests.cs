using Lustrous.Idl.LNet;
using Lustrous.Libcfs;

namespace Lustrous.Idl.Tests.LNet;

public sealed class NidRangeTests
{
    [Theory]
    [InlineData("10.0.[1-4].*@tcp", "10.0.1.7@tcp 10.0.4.255@tcp", "10.0.5.7@tcp 10.1.1.7@tcp 10.0.1.7@tcp1")]
    [InlineData("10.0.0.[2-10/4,99]@tcp1", "10.0.0.2@tcp1 10.0.0.10@tcp1", "10.0.0.3@tcp1 10.0.0.14@tcp1")]
    [InlineData("*@o2ib", "1.2.3.4@o2ib ::1@o2ib", "1.2.3.4@tcp 1.2.3.4@o2ib1")]
    [InlineData("[1-8]@gni", "1@gni 8@gni", "0@gni 9@gni")]
    [InlineData("10.0.0.0/24@tcp", "10.0.0.0@tcp 10.0.0.255@tcp", "10.0.1.0@tcp fd00::1@tcp")]
    [InlineData("10.0.0.77/24@tcp", "10.0.0.1@tcp", "10.0.1.77@tcp")]
    [InlineData("fd00:1::/32@tcp", "fd00:1:2::3@tcp", "fd00:2::1@tcp 10.0.0.1@tcp")]
    [InlineData("fd00::1@tcp", "fd00::1@tcp", "fd00::2@tcp")]
    [InlineData("10.0.0.1@tcp0x10", "10.0.0.1@tcp16", "10.0.0.1@tcp")]
    [InlineData(" 10.0.0.1@tcp  0@lo ", "10.0.0.1@tcp 0@lo", "10.0.0.2@tcp")]
    public void A_range_takes_its_nodes_and_no_others(string ranges, string inside, string outside)
    {
        NidRanges parsed = NidRanges.Parse(ranges).Value;
        Assert.All(inside.Split(' '), nid => Assert.True(parsed.Contains(Nid.Parse(nid).Value), nid));
        Assert.All(outside.Split(' '), nid => Assert.False(parsed.Contains(Nid.Parse(nid).Value), nid));
        Assert.False(parsed.Contains(Nid.Any));
        Assert.Equal(parsed.Ranges.ToArray(), NidRanges.Parse(parsed.ToString()).Value.Ranges.ToArray());
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("10.0.0.1")]
    [InlineData("10.0.0.1@")]
    [InlineData("10.0.0.[1-@tcp")]
    [InlineData("10.0.0.[4-1]@tcp")]
    [InlineData("10.0.0.[1-300]@tcp")]
    [InlineData("10.0.0.1-4@tcp")]
    [InlineData("10.0.0@tcp")]
    [InlineData("10.0.0.0/0@tcp")]
    [InlineData("10.0.0.0/33@tcp")]
    [InlineData("10.0.0.0/@tcp")]
    [InlineData("fd00::/129@tcp")]
    [InlineData("fd00::1@gni")]
    [InlineData("1.2.3.4@tcp 5@nosuch")]
    [InlineData("10.0.0.[1-9/0]@tcp")]
    public void Text_that_is_no_range_is_refused(string text) =>
        Assert.Equal(Errno.EINVAL, NidRanges.Parse(text).Error);
}
