using Lustrous.Interop.Tests.Compare;
using Lustrous.Interop.Tests.Recordings;
using Lustrous.Interop.Tests.Replay;
using Lustrous.Simulation;

namespace Lustrous.Interop.Tests;

/// <summary>
/// Recorded kernel clients ask our servers: every answer is what the kernel's server answered, or its difference is
/// written down with a reason.
/// </summary>
/// <remarks>The environment's LUSTROUS_INTEROP_REPORT names a file for all that has no reason, sorted; with
/// <c>.log</c> behind its name, as it came.</remarks>
public sealed class ServerReplayTests(ITestOutputHelper output)
{
    // In the order in which they were made.
    static readonly string[] s_recordings =
    [
        "a-mount", "b-basic", "d-locks", "e-conflict", "c-meta", "f-layout", "g-statahead", "j-dne", "i-recovery",
        "i2-evict", "i3-replay", "h-umount",
    ];

    // What has no requests that only a newer client sends.
    static readonly string[] s_olderRecordings =
        ["a-mount", "b-basic", "d-locks", "e-conflict", "c-meta", "f-layout"];

    static readonly string s_differences = Places.Fixture("interop", "server-differences.tsv");

    [Fact]
    public void A_mount_and_the_first_file()
    {
        DifferenceBook book = Replay(Excerpts());
        Report(book);
        Assert.Empty(book.Unexplained);
        Assert.True(book.Compared > 40, $"only {book.Compared} messages were compared");
    }

    [Fact]
    public void All_recordings_one_after_another()
    {
        Assert.SkipWhen(Places.Shared is null, Places.NoRecordings);
        DifferenceBook book =
            Replay([.. s_recordings.Select(name => Recording.Load(name, Places.Recording(name)!))]);
        Report(book);
        Assert.Empty(book.Unexplained);
        Assert.Empty(Stale(book));
        Assert.True(book.Compared > 7000, $"only {book.Compared} messages were compared");
    }

    /// <summary>The same from clients that say they are older ones: a mount, files, locks, two clients, and what the
    /// excerpts in the project have of them.</summary>
    [Theory, InlineData("2.15.8"), InlineData("2.16.1")]
    public void Clients_of_an_older_release(string release)
    {
        OlderClient older = release == "2.15.8" ? OlderClient.Release215 : OlderClient.Release216;
        DifferenceBook book = Places.Shared is null
            ? Replay(Excerpts(), older)
            : Replay([.. s_olderRecordings.Select(name => Recording.Load(name, Places.Recording(name)!))], older);
        Report(book);
        Assert.Empty(book.Unexplained);
        Assert.True(book.Compared > 40, $"only {book.Compared} messages were compared");
    }

    [Fact]
    public void The_manual_has_the_same_reasons() =>
        Assert.Equal(
            KnownDifference.Read(s_differences).Select(row => $"| `{row.Id}` | {row.Reason} |").Distinct(),
            File.ReadLines(Path.Combine(Places.Root, "docs", "interop.md"))
                .SkipWhile(line => line != "## Differences from kernel servers, and why").Skip(1)
                .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
                .Where(line => line.StartsWith("| `", StringComparison.Ordinal)));

    static List<Recording> Excerpts() =>
    [
        Recording.Load("a-mount", Places.Fixture("captures", "mount.pcap.gz")),
        Recording.Load("b-basic", Places.Fixture("captures", "basic.pcap.gz")),
    ];

    static DifferenceBook Replay(List<Recording> recordings, OlderClient? older = null)
    {
        var book = new DifferenceBook(
            VolatileRule.Read(Places.Fixture("interop", "server-volatile.tsv")), KnownDifference.Read(s_differences));
        // The servers have time to find each other before the first message.
        DateTimeOffset epoch = DateTimeOffset.UnixEpoch
            + TimeSpan.FromTicks(recordings[0].Messages[0].TimeNanoseconds / TimeSpan.NanosecondsPerTick)
            - TimeSpan.FromSeconds(60);
        Simulation.Simulation.Run(1, async sim =>
        {
            ReplayCluster cluster = await ReplayCluster.StartAsync(sim);
            var run = new ReplayRun(sim, cluster, epoch, book) { Older = older };
            await run.AddClientAsync("10.99.0.21@tcp");
            await run.AddClientAsync("10.99.0.22@tcp");
            run.LearnConnects(recordings[0]);
            recordings.ForEach(run.LearnClients);
            foreach (Recording recording in recordings)
            {
                await run.IdleUntilAsync(recording.Messages[0].TimeNanoseconds);
                foreach (Mount mount in Mount.All.Where(mount => mount.Before == recording.Name))
                    await run.MountAsync(mount);
                await run.RunAsync(recording);
            }
            run.Close();
            await cluster.StopAsync();
        }, SimOptions.Default with { Epoch = epoch, MaxEvents = 50_000_000 });
        return book;
    }

    static IEnumerable<string> Stale(DifferenceBook book) =>
        book.Known.Where(row => row.Count == 0).Select(row => $"explains nothing: {row}")
            .Concat(book.Volatiles.Where(rule => !rule.WasUsed).Select(rule => $"is never met: {rule}"));

    void Report(DifferenceBook book)
    {
        output.WriteLine($"{book.Compared} messages compared");
        foreach (IGrouping<string, KnownDifference> reason in book.Known.GroupBy(row => row.Id))
        {
            output.WriteLine($"[{reason.Key}] {reason.Sum(row => row.Count)} differences, "
                + $"{book.Followers.GetValueOrDefault(reason.Key)} exchanges that follow");
        }
        if (Environment.GetEnvironmentVariable("LUSTROUS_INTEROP_REPORT") is not { } report)
            return;
        File.WriteAllLines(report + ".log", book.Log);
        File.WriteAllLines(report, book.Unexplained.Concat(
            book.Followers.Select(pair => $"# {pair.Value} exchanges follow from {pair.Key}")).Concat(Stale(book)));
    }
}
