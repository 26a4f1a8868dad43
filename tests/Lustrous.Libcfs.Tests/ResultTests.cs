namespace Lustrous.Libcfs.Tests;

public sealed class ResultTests
{
    [Fact]
    public void A_value_is_a_success()
    {
        Result<int> result = 7;
        Assert.False(result.Failed);
        Assert.Equal(Errno.OK, result.Error);
        Assert.Equal(7, result.Value);
        Assert.Equal("7", result.ToString());
    }

    [Fact]
    public void An_error_has_no_value()
    {
        Result<int> result = Errno.ENOENT;
        Assert.True(result.Failed);
        Assert.Equal(Errno.ENOENT, result.Error);
        Assert.Throws<LbugException>(() => result.Value);
        Assert.Equal("ENOENT", result.ToString());
    }

    [Fact]
    public void An_error_that_is_none_is_a_bug_of_the_caller() =>
        Assert.Throws<LbugException>(() => { Result<string> _ = Errno.OK; });

    [Fact]
    public void Results_are_equal_by_value_and_error()
    {
        Assert.Equal((Result<int>)7, (Result<int>)7);
        Assert.NotEqual((Result<int>)7, (Result<int>)8);
        Assert.NotEqual((Result<int>)0, (Result<int>)Errno.EIO);
        Assert.True((Result<int>)Errno.EIO == (Result<int>)Errno.EIO);
    }
}
