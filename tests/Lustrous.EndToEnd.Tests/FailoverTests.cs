namespace Lustrous.EndToEnd.Tests;

/// <summary>Targets that come up on another node, and what lctl does about connections.</summary>
[Collection("end to end")]
public sealed class FailoverTests
{
    [Fact]
    public async Task A_target_moves_to_another_node_under_a_mount()
    {
        await using Cluster cluster = await StartAsync();
        string mount = await cluster.MountAsync("mnt");
        await Shell.OkAsync(
            $"head -c 3000000 /dev/urandom > {mount}/f; sync {mount}/f; sha1sum < {mount}/f > {mount}.sum");

        cluster.Servers[1].Kill();
        await cluster.Servers[1].EndAsync();
        await cluster.ServeAsync("ost0", 3);

        await Shell.OkAsync($"""
            set -e
            echo more >> {mount}/f
            sync {mount}/f
            test "$(head -c 3000000 {mount}/f | sha1sum)" = "$(cat {mount}.sum)"
            echo another > {mount}/g
            sync {mount}/g
            """, seconds: 240);
        (int exitCode, string output, string errors) = await cluster.RunAsync("lctl", "get_param", "osc.*.import");
        Assert.True(exitCode == 0, errors);
        Assert.Contains($"current_connection: {cluster.Nid(3)}", output, StringComparison.Ordinal);
        Assert.Contains($"failover_nids: [ {cluster.Nid(3)}, {cluster.Nid(2)} ]", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_target_is_served_only_where_it_may_be()
    {
        await using Cluster cluster = await StartAsync();
        cluster.Servers[1].Kill();
        await cluster.Servers[1].EndAsync();
        LustrousProcess elsewhere = cluster.StartServer("ost0", 4);

        (int exitCode, _) = await elsewhere.EndAsync();

        Assert.Equal(1, exitCode);
        Assert.Contains("none of its --servicenode is this node", elsewhere.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Targets_that_have_registered_start_without_their_MGS()
    {
        await using var cluster = new Cluster();
        await cluster.MakeAsync("mgs", "--mgs");
        await cluster.MakeAsync("mdt0", "--mdt", "--index", "0", "--mgsnode", cluster.MgsNid);
        await cluster.MakeAsync("ost0", "--ost", "--index", "0", "--mgsnode", cluster.MgsNid);
        await cluster.ServeAsync("mgs", 1);
        await cluster.ServeAsync("mdt0", 2);
        await cluster.ServeAsync("ost0", 3);
        string mount = await cluster.MountAsync("mnt");
        await Shell.OkAsync($"echo before > {mount}/f; sync {mount}/f");
        foreach (LustrousProcess server in cluster.Servers)
        {
            server.Kill();
            await server.EndAsync();
        }

        LustrousProcess mdt = cluster.StartServer("mdt0", 2), ost = cluster.StartServer("ost0", 3);
        await mdt.FindAsync("ready");
        await ost.FindAsync("ready");

        Assert.Contains("serves without its MGS", mdt.Errors, StringComparison.Ordinal);
        await Shell.OkAsync(
            $"set -e; test \"$(cat {mount}/f)\" = before; echo alone > {mount}/g; sync {mount}/g", seconds: 240);
        await cluster.ServeAsync("mgs", 1);
        await SaysAsync(mdt, "has registered with its MGS");
        await SaysAsync(ost, "has registered with its MGS");
        string later = await cluster.MountAsync("later");
        await Shell.OkAsync($"test \"$(cat {later}/g)\" = alone", seconds: 240);
    }

    static async Task SaysAsync(LustrousProcess process, string what)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        while (!process.Errors.Contains(what, StringComparison.Ordinal))
            await Task.Delay(100, limit.Token);
    }

    [Fact]
    public async Task Lctl_reconnects_and_makes_requests_fail()
    {
        await using Cluster cluster = await StartAsync();
        string mount = await cluster.MountAsync("mnt");
        await Shell.OkAsync($"mkdir {mount}/d; ls -l {mount}; echo text > {mount}/d/f; sync {mount}/d/f");
        string list = await LctlAsync("dl");
        string device = list.Split('\n').Single(line => line.Contains(" mdc ", StringComparison.Ordinal));
        string number = device.Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        string name = device.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3];

        Assert.Equal("", await LctlAsync("--device", number, "recover"));
        Assert.Equal("", await LctlAsync("--device", name, "recover", cluster.MgsNid));
        Assert.Equal("", await LctlAsync("recover"));
        await Shell.OkAsync($"touch {mount}/d/g; cat {mount}/d/f", seconds: 240);
        Assert.Contains("    state: FULL\n", await LctlAsync("get_param", "mdc.*.import"), StringComparison.Ordinal);
        (int exitCode, _, string errors) = await cluster.RunAsync("lctl", "--device", "nothing", "recover");
        Assert.Equal(2, exitCode);
        Assert.Contains("no client of a target is called 'nothing'", errors, StringComparison.Ordinal);
        (exitCode, _, _) = await cluster.RunAsync("lctl", "--device", name, "recover", "10.9.8.7@tcp");
        Assert.Equal(1, exitCode);

        // OBD_FAIL_MDS_REINT_NET: one request is lost, and sent again.
        await LctlAsync("set_param", "fail_loc=0x107");
        await Shell.OkAsync($"mkdir {mount}/e", seconds: 240);
        string failed = await LctlAsync("get_param", "-n", "fail_loc");
        Assert.Contains("3221225735", failed, StringComparison.Ordinal);      // once, and it has failed
        await LctlAsync("set_param", "fail_loc=0");

        string live = await LctlAsync("get_param", "mgs.MGS.live.*");
        Assert.Contains($"fsname: {Cluster.FsName}\n", live, StringComparison.Ordinal);
        Assert.Contains("    state: full\n", live, StringComparison.Ordinal);
        Assert.Contains(
            $"client: {Cluster.FsName}-cliir, nidtbl_version: ", await LctlAsync("get_param", "mgc.*.ir_state"),
            StringComparison.Ordinal);

        async Task<string> LctlAsync(params string[] words)
        {
            (int code, string output, string said) = await cluster.RunAsync(["lctl", .. words]);
            Assert.True(code == 0, said);
            return output;
        }
    }

    /// <summary>An OST that two nodes may serve; it runs on the first.</summary>
    static async Task<Cluster> StartAsync()
    {
        var cluster = new Cluster();
        try
        {
            await cluster.MakeAsync("mdt0", "--mgs", "--mdt", "--index", "0");
            await cluster.ServeAsync("mdt0", 1);
            await cluster.MakeAsync(
                "ost0", "--ost", "--index", "0", "--mgsnode", cluster.MgsNid,
                "--servicenode", cluster.Nid(2), "--servicenode", cluster.Nid(3));
            await cluster.ServeAsync("ost0", 2);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }
}
