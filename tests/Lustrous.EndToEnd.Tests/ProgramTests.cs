namespace Lustrous.EndToEnd.Tests;

/// <summary>Programs that people use, on a mount of servers in other processes.</summary>
[Collection("end to end")]
public sealed class ProgramTests
{
    [Fact]
    public async Task Cp_tar_find_and_rm_do_their_work()
    {
        await using Cluster cluster = await Cluster.StartAsync();
        string mount = await cluster.MountAsync("mnt");
        string source = Path.Combine(cluster.Folder, "source");
        await Shell.OkAsync($"""
            set -e; mkdir -p {source}/a/b; cd {source}
            for i in $(seq 40); do head -c $((i * 3001)) /dev/urandom > a/f$i; ln -s ../f$i a/b/l$i; done
            ln a/f1 a/hard; head -c 5000000 /dev/urandom > a/b/large; touch -d 2003-04-05 a/b
            """);

        await Shell.OkAsync($"cp -a {source} {mount}/copy && diff -r {source} {mount}/copy");
        Assert.Equal(
            await Shell.OkAsync($"cd {source} && find . -printf '%P %y %m %l %Ts\n' | cut -d. -f1 | sort"),
            await Shell.OkAsync($"cd {mount}/copy && find . -printf '%P %y %m %l %Ts\n' | cut -d. -f1 | sort"));
        await Shell.OkAsync($"mkdir {mount}/x && tar -C {source} -cf - . | tar -C {mount}/x -xf -");
        await Shell.OkAsync($"diff -r {source} {mount}/x");
        Assert.Equal("2\n", await Shell.OkAsync($"stat -c %h {mount}/x/a/hard"));
        await Shell.OkAsync($"rm -r {mount}/copy {mount}/x");
        Assert.Equal("", await Shell.OkAsync($"ls -A {mount}"));
    }

    [Fact]
    public async Task Git_clones_and_commits()
    {
        Needs.Tool("git");
        await using Cluster cluster = await Cluster.StartAsync();
        string mount = await cluster.MountAsync("mnt");
        string origin = Path.Combine(cluster.Folder, "origin");
        const string git = "git -c user.name=t -c user.email=t@t -c init.defaultBranch=main -c commit.gpgsign=false";
        await Shell.OkAsync($"""
            set -e; mkdir {origin}; cd {origin}; {git} init -q
            for i in $(seq 30); do mkdir -p d$i; seq $((i * 100)) > d$i/f; done
            {git} add .; {git} commit -qm one
            """);

        await Shell.OkAsync($"{git} clone -q --no-hardlinks {origin} {mount}/clone");
        await Shell.OkAsync($"""
            set -e; cd {mount}/clone; test -z "$({git} status --porcelain)"
            echo more >> d1/f; {git} mv d2/f d2/g; {git} commit -qam two; {git} fsck --strict
            test -z "$({git} status --porcelain)"
            """);
        Assert.Equal("2\n", await Shell.OkAsync($"cd {mount}/clone && {git} log --oneline | wc -l"));
    }

    [Fact]
    public async Task Lfs_and_lctl_tell_what_is_there()
    {
        await using Cluster cluster = await Cluster.StartAsync();
        string mount = await cluster.MountAsync("mnt");

        await OkAsync(cluster, "lfs", "setstripe", "-c", "-1", "-S", "1M", $"{mount}/striped");
        await Shell.OkAsync($"head -c 3000000 /dev/urandom > {mount}/striped && mkdir {mount}/dir");
        await OkAsync(cluster, "lfs", "setstripe", "-c", "2", $"{mount}/dir");
        string stripes = await OkAsync(cluster, "lfs", "getstripe", $"{mount}/striped");
        string inherited = await Shell.OkAsync($"echo x > {mount}/dir/f")
            + await OkAsync(cluster, "lfs", "getstripe", "-c", $"{mount}/dir/f");
        string df = await OkAsync(cluster, "lfs", "df", mount);
        string fid = (await OkAsync(cluster, "lfs", "path2fid", $"{mount}/dir/f")).Trim();
        string path = await OkAsync(cluster, "lfs", "fid2path", mount, fid);
        string devices = await OkAsync(cluster, "lctl", "dl");

        Assert.Contains("lmm_stripe_count:  2\nlmm_stripe_size:   1048576\nlmm_pattern:       raid0\n", stripes,
            StringComparison.Ordinal);
        Assert.Equal(2, stripes.Split('\n').Count(line => line.StartsWith('\t') && line.Contains("0x")));
        Assert.Equal("2\n", inherited);
        Assert.Contains($"{Cluster.FsName}-OST0001_UUID", df, StringComparison.Ordinal);
        Assert.Contains($"{mount}[MDT:0] \n", df, StringComparison.Ordinal);
        Assert.Equal($"{mount}/dir/f\n", path);
        Assert.Contains($" UP mdt {Cluster.FsName}-MDT0000 {Cluster.FsName}-MDT0000_UUID ", devices,
            StringComparison.Ordinal);
        Assert.Contains($" UP osc {Cluster.FsName}-OST0001-osc-ffff", devices, StringComparison.Ordinal);
        Assert.Equal(
            $"OBDS:\n0: {Cluster.FsName}-OST0000_UUID ACTIVE\n1: {Cluster.FsName}-OST0001_UUID ACTIVE\n",
            await OkAsync(cluster, "lfs", "osts", mount));
    }

    [Fact]
    public async Task Parameters_set_on_the_MGS_reach_a_mounted_client()
    {
        await using Cluster cluster = await Cluster.StartAsync(osts: 1);
        await cluster.MountAsync("mnt");
        const string parameter = $"osc.{Cluster.FsName}-OST0000-osc-ffff*.max_dirty_mb";

        await OkAsync(cluster, "lctl", "conf_param", $"{Cluster.FsName}-OST0000.osc.max_dirty_mb=17");
        await UntilAsync(cluster, parameter, "17\n");
        await OkAsync(cluster, "lctl", "set_param", "-P", "osc.*.max_dirty_mb=23");
        await UntilAsync(cluster, parameter, "23\n");
        // Who mounts later has it too.
        await cluster.MountAsync("later");
        await UntilAsync(cluster, parameter, "23\n23\n");
    }

    static async Task<string> OkAsync(Cluster cluster, params string[] words)
    {
        (int exitCode, string output, string errors) = await cluster.RunAsync(words);
        Assert.True(exitCode == 0, $"{string.Join(' ', words)}: {exitCode}\n{output}{errors}");
        return output;
    }

    /// <summary>Asks until the client has read its log; each asking takes longer than that should.</summary>
    static async Task UntilAsync(Cluster cluster, string parameter, string expected)
    {
        string value = "";
        for (int i = 0; i < 20 && value != expected; i++)
            value = (await cluster.RunAsync("lctl", "get_param", "-n", parameter)).Output;
        Assert.Equal(expected, value);
    }
}
