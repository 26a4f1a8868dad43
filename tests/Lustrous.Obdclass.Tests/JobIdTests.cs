using System.Text;
using CsCheck;

namespace Lustrous.Obdclass.Tests;

public sealed class JobIdTests
{
    static readonly JobIdCaller Caller =
        new("dd", Uid: 500, Gid: 100, Pid: 42, "node7.example.org", EnvironmentJobId: null);

    [Theory]
    [InlineData("disable", "%e.%u", "")]
    [InlineData("procname_uid", "ignored", "dd.500")]
    [InlineData("nodelocal", "%e.%u.%g.%p", "dd.500.100.42")]
    [InlineData("nodelocal", "%h", "node7.example.org")]
    [InlineData("nodelocal", "%H", "node7")]
    [InlineData("nodelocal", "%.3h!", "nod!")]
    [InlineData("nodelocal", "a b%xc%", "abc")]
    [InlineData("SLURM_JOB_ID", "%e.%u", "dd.500")]
    public void A_format_becomes_what_it_names(string variable, string format, string expected) =>
        Assert.Equal(expected, new JobId(variable, format).For(Caller));

    [Theory]
    [InlineData("%e.%u", "1234")]
    [InlineData("%j:%u", "1234:500")]
    [InlineData("%j?%u", "1234")]
    public void A_job_in_the_environment_goes_before_the_name(string format, string expected) =>
        Assert.Equal(expected, new JobId("SLURM_JOB_ID", format).For(Caller with { EnvironmentJobId = "1234" }));

    [Fact]
    public void Without_a_job_the_field_behind_the_question_mark_stands_in() =>
        Assert.Equal("500", new JobId("SLURM_JOB_ID", "%j?%u").For(Caller));

    [Fact]
    public void It_always_fits_the_wire_and_is_whole_text() =>
        Gen.Select(Gen.String[0, 60], Gen.String[0, 60]).Sample((executable, format) =>
        {
            string job = new JobId(JobId.NodeLocal, format).For(Caller with { Executable = executable });
            return Encoding.UTF8.GetByteCount(job) < JobId.MaxLength;
        });
}
