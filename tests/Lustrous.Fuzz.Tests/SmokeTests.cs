using System.Globalization;

namespace Lustrous.Fuzz.Tests;

/// <summary>
/// A short run of every target with a fixed seed. The long form: <c>LUSTROUS_FUZZ_SECONDS=N</c> gives each target N
/// seconds
/// (<c>LUSTROUS_FUZZ_SEED=S</c> starts elsewhere), <c>LUSTROUS_FUZZ_DUMP=FILE</c> keeps the input that ended the
/// process.
/// </summary>
public sealed class SmokeTests
{
    public static TheoryData<string> Targets => [.. FuzzTarget.All.Select(target => target.Name)];

    [Theory, MemberData(nameof(Targets))]
    public void Bad_bytes_are_refused_in_bounded_time_and_memory(string name)
    {
        FuzzTarget target = FuzzTarget.All.Single(target => target.Name == name);
        double seconds = Number("LUSTROUS_FUZZ_SECONDS") ?? 1.5;
        long iterations = Number("LUSTROUS_FUZZ_SECONDS") is null ? 40_000 : long.MaxValue;
        ulong seed = (ulong)(Number("LUSTROUS_FUZZ_SEED") ?? 1);
        var run = new FuzzRun(target, Corpus.Instance.Of(target.About.Seeds), seed);
        string? failure = run.Run(iterations, TimeSpan.FromSeconds(seconds));
        Assert.True(failure is null, failure);
    }

    [Fact]
    public void The_watch_sees_exceptions_and_unbounded_allocations()
    {
        byte[][] seeds = [new byte[64]];
        var throws = new FuzzTarget("throws", new FuzzTargetAttribute(), input => _ = input[8]);
        Assert.Contains("IndexOutOfRange", new FuzzRun(throws, seeds, 1).Run(1000, TimeSpan.FromSeconds(5)));
        var allocates = new FuzzTarget(
            "allocates", new FuzzTargetAttribute(), input => GC.KeepAlive(new byte[input.Length << 14]));
        Assert.Contains("allocated", new FuzzRun(allocates, seeds, 1).Run(1000, TimeSpan.FromSeconds(5)));
        var fine = new FuzzTarget("fine", new FuzzTargetAttribute(), _ => { });
        Assert.Null(new FuzzRun(fine, seeds, 1).Run(1000, TimeSpan.FromSeconds(5)));
    }

    static double? Number(string variable) =>
        double.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out double value)
            ? value
            : null;
}
