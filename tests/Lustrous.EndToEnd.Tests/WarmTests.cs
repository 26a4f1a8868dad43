using System.Globalization;
using Lustrous.EndToEnd.Tests.Posix;
using Lustrous.Utils.Control;

namespace Lustrous.EndToEnd.Tests;

/// <summary>What the kernel has it is not told again: requests are counted.</summary>
[Collection("end to end")]
public sealed class WarmTests
{
    /// <summary>A kernel short of memory may drop what it has at any moment, and asks again then.</summary>
    const int Tries = 10;

    /// <summary>The kernel tells of each open and close; what it has of the bytes it reads without a word.</summary>
    static readonly Dictionary<string, long> s_opening = new()
    {
        ["Open"] = long.MaxValue,
        ["Release"] = long.MaxValue,
        ["Flush"] = long.MaxValue,
    };

    static readonly Dictionary<string, long> s_nothing = [];

    [Fact]
    public async Task Stat_find_git_status_and_reading_again_ask_nobody()
    {
        Needs.Tool("git");
        await using Cluster cluster = await Cluster.StartAsync();
        string tree = Path.Combine(await cluster.MountAsync("mnt"), "tree");
        const string Git = "git -c user.name=t -c user.email=t@t -c commit.gpgsign=false -c safe.directory=*";
        await Shell.OkAsync($"""
            set -e; mkdir {tree}; cd {tree}; {Git} init -q
            for d in $(seq 10); do mkdir d$d; for f in $(seq 10); do echo $((d * f)) > d$d/f$f; done; done
            {Git} add .; {Git} commit -qm one
            """);

        await WithoutRequestsAsync(cluster, s_nothing, () => Shell.OkAsync($"stat {tree}/d*/f*"));
        // find asks what kind of file system it walks, which FUSE has no answer kept for.
        await WithoutRequestsAsync(
            cluster, new() { ["Statfs"] = long.MaxValue },
            () => Shell.OkAsync($"find {tree} -printf '%p %s %m %u %T@ %n\n'"));
        // docs/decisions/0006: GNU ls asks for one label.
        await WithoutRequestsAsync(cluster, new() { ["Getxattr"] = 1 }, () => Shell.OkAsync($"ls -lR {tree}"));
        await WithoutRequestsAsync(cluster, s_opening, async () =>
            Assert.Equal("", await Shell.OkAsync($"GIT_OPTIONAL_LOCKS=0 {Git} -C {tree} status --porcelain")));
        await WithoutRequestsAsync(cluster, s_opening, () => Shell.OkAsync($"cat {tree}/d*/f*"));

        int[] open = [.. Enumerable.Range(1, 10).Select(f => Sys.MustOpen($"{tree}/d10/f{f}", Sys.O_RDONLY))];
        byte[] buffer = new byte[65536];
        await WithoutRequestsAsync(cluster, s_nothing, () =>
        {
            foreach (int fd in open)
                Assert.True(Sys.Read(fd, buffer, 0) > 0);
            return Task.CompletedTask;
        });
        foreach (int fd in open)
            Sys.Close(fd);
    }

    /// <summary>Does it until it has caused no other requests than so many of those.</summary>
    static async Task WithoutRequestsAsync(Cluster cluster, Dictionary<string, long> allowed, Func<Task> work)
    {
        string seen = "";
        for (int i = 0; i < Tries; i++)
        {
            Dictionary<string, long> before = await CountAsync(cluster);
            await work();
            Dictionary<string, long> after = await CountAsync(cluster);
            string[] asked =
            [
                .. after.Select(kind => (kind.Key, Count: kind.Value - before.GetValueOrDefault(kind.Key)))
                    .Where(kind => kind.Count > allowed.GetValueOrDefault(kind.Key))
                    .Select(kind => $"{kind.Key} {kind.Count}"),
            ];
            if (asked.Length == 0)
                return;
            seen += string.Join(", ", asked) + "\n";
        }
        Assert.Fail($"requests of {Tries} passes:\n{seen}");
    }

    static async Task<Dictionary<string, long>> CountAsync(Cluster cluster)
    {
        ControlAnswer? answer = await ControlClient.AskAsync(
            cluster.Mounts[0].ControlSocket, ["get_param", "-n", "llite.*.fuse_requests"],
            TestContext.Current.CancellationToken);
        Assert.Equal(0, answer!.ExitCode);
        return answer.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' '))
            .ToDictionary(words => words[0], words => long.Parse(words[1], CultureInfo.InvariantCulture));
    }
}
