namespace Lustrous.Libcfs.Tests;

public sealed class LassertTests
{
    [Fact]
    public void A_message_is_put_together_only_when_the_assertion_fails()
    {
        int asked = 0;
        Lassert.That(asked == 0, $"{Ask()} was asked");
        Assert.Equal(0, asked);
        LbugException failure = Assert.Throws<LbugException>(() => Lassert.That(asked != 0, $"{Ask(),3:x2} was asked"));
        Assert.StartsWith("LBUG:  2a was asked (LassertTests.cs:", failure.Message);
        Assert.Equal(1, asked);

        int Ask()
        {
            asked++;
            return 42;
        }
    }

    [Fact]
    public void A_failure_without_a_message_says_the_condition()
    {
        bool holds = false;
        LbugException failure = Assert.Throws<LbugException>(() => Lassert.That(holds));
        Assert.StartsWith("LBUG: holds (", failure.Message);
    }
}
