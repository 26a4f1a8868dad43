using Lustrous.Libcfs;
using Lustrous.Obdclass.Parameters;

namespace Lustrous.Obdclass.Tests.Parameters;

public sealed class ParameterTreeTests
{
    readonly ParameterTree _tree = new();

    public ParameterTreeTests()
    {
        Add("obdfilter", "lustre-OST0000", "stats");
        Add("obdfilter", "lustre-OST0001", "stats");
        Add("obdfilter", "lustre-OST0000", "exports", "10.99.0.21@tcp", "stats");
        Add("mdt", "lustre-MDT0000", "exports", "10.99.0.21@tcp", "uuid");
        Add("timeout");
    }

    [Theory]
    [InlineData("timeout", "timeout")]
    [InlineData("obdfilter.lustre-OST0000.stats", "obdfilter.lustre-OST0000.stats")]
    [InlineData("obdfilter.*.stats", "obdfilter.lustre-OST0000.stats obdfilter.lustre-OST0001.stats")]
    [InlineData("obdfilter/*/stats", "obdfilter.lustre-OST0000.stats obdfilter.lustre-OST0001.stats")]
    [InlineData("obdfilter.*OST000[1-3].st?ts", "obdfilter.lustre-OST0001.stats")]
    [InlineData("obdfilter.*OST000[!1].stats", "obdfilter.lustre-OST0000.stats")]
    [InlineData("*.*.exports.10.99.0.21@tcp.*",
        "mdt.lustre-MDT0000.exports.10.99.0.21@tcp.uuid obdfilter.lustre-OST0000.exports.10.99.0.21@tcp.stats")]
    [InlineData("*.*.exports.*.uuid", "mdt.lustre-MDT0000.exports.10.99.0.21@tcp.uuid")]
    [InlineData("*.*.exports.10.99.*.21@tcp.uuid", "mdt.lustre-MDT0000.exports.10.99.0.21@tcp.uuid")]
    [InlineData("obdfilter.*", "")]
    [InlineData("nothing", "")]
    [InlineData("", "")]
    public void A_pattern_names_the_parameters_that_lctl_would(string pattern, string expected) =>
        Assert.Equal(expected, string.Join(' ', _tree.Match(pattern).Select(match => match.Name)));

    [Fact]
    public void A_name_is_taken_once_and_free_again_after_removal()
    {
        Assert.Equal(Errno.EEXIST, _tree.Add(["timeout"], Parameter.ReadOnly(() => "")));
        Assert.Equal(Errno.ENOTDIR, _tree.Add(["timeout", "below"], Parameter.ReadOnly(() => "")));
        Assert.Equal(Errno.EEXIST, _tree.Add(["obdfilter"], Parameter.ReadOnly(() => "")));
        Assert.Equal(Errno.OK, _tree.Remove(["obdfilter", "lustre-OST0000"]));
        Assert.Equal(["obdfilter.lustre-OST0001.stats"], _tree.Match("obdfilter.*.stats").Select(match => match.Name));
        Assert.Equal(Errno.ENOENT, _tree.Remove(["obdfilter", "lustre-OST0000"]));
        Assert.Equal(Errno.EINVAL, _tree.Add(["a", ""], Parameter.ReadOnly(() => "")));
    }

    [Theory]
    [InlineData("5", Errno.OK, 5)]
    [InlineData(" 7\n", Errno.OK, 7)]
    [InlineData("0", Errno.ERANGE, 3)]
    [InlineData("11", Errno.ERANGE, 3)]
    [InlineData("many", Errno.EINVAL, 3)]
    [InlineData("", Errno.EINVAL, 3)]
    public void A_number_takes_only_what_lies_in_its_bounds(string text, Errno expected, long after)
    {
        long value = 3;
        Parameter parameter = Parameter.Number(() => value, set => value = set, lowest: 1, highest: 10);
        Assert.Equal(expected, parameter.Write!(text));
        Assert.Equal(after, value);
        Assert.Equal(after.ToString(), parameter.Read!());
    }

    void Add(params string[] path) =>
        Assert.Equal(Errno.OK, _tree.Add(path, Parameter.ReadOnly(() => string.Join('.', path))));
}
