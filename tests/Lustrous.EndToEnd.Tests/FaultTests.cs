namespace Lustrous.EndToEnd.Tests;

/// <summary>What goes wrong is said in one clear line, and nothing hangs.</summary>
[Collection("end to end")]
public sealed class FaultTests
{
    [Fact]
    public async Task A_mount_of_an_unknown_file_system_says_so()
    {
        await using Cluster cluster = await Cluster.StartAsync(osts: 1);
        LustrousProcess mount = cluster.StartMount($"{cluster.MgsNid}:/other", cluster.MountPoint("mnt"));

        (int exitCode, _) = await mount.EndAsync();

        Assert.Equal(1, exitCode);
        Assert.Contains($"the MGS at {cluster.MgsNid} knows no file system 'other'", mount.Errors,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mount_from_an_MGS_that_is_not_there_says_so()
    {
        await using var cluster = new Cluster();
        LustrousProcess mount = cluster.StartMount($"{cluster.Nid(9)}:/lustre", cluster.MountPoint("mnt"));

        (int exitCode, _) = await mount.EndAsync();

        Assert.Equal(1, exitCode);
        Assert.Contains($"the MGS at {cluster.Nid(9)}", mount.Errors, StringComparison.Ordinal);
        Assert.Contains("does not answer", mount.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        await using Cluster cluster = await Cluster.StartAsync(osts: 1);
        LustrousProcess second = cluster.StartServer("ost0", 1);

        (int exitCode, _) = await second.EndAsync();

        Assert.Equal(1, exitCode);
        Assert.Contains($"port {cluster.Port} of {cluster.Nid(1)} is taken", second.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_index_that_is_taken_is_refused_by_the_MGS()
    {
        await using Cluster cluster = await Cluster.StartAsync(osts: 1);
        await cluster.MakeAsync("again", "--ost", "--index", "0", "--mgsnode", cluster.MgsNid);
        LustrousProcess second = cluster.StartServer("again", 7);

        (int exitCode, _) = await second.EndAsync();

        Assert.Equal(1, exitCode);
        Assert.Contains("another target of this index", second.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mkfs.lustre", "/tmp/nowhere")]
    [InlineData("mkfs.lustre", "--ost", "/tmp/nowhere")]
    [InlineData("mkfs.lustre", "--ost", "--index", "0", "/tmp/nowhere")]
    [InlineData("mkfs.lustre", "--mdt", "--index", "0", "--mgs", "--fsname", "too-long-a-name", "/tmp/nowhere")]
    [InlineData("mkfs.lustre", "--ost", "--index", "0", "--mgsnode", "no nid", "/tmp/nowhere")]
    [InlineData("serve", "/tmp")]
    [InlineData("mount.lustre", "nonsense", "/tmp")]
    [InlineData("mount.lustre", "127.0.0.1@tcp:/lustre", "/tmp", "-o", "nonsense=1")]
    [InlineData("up", "--mount", "/no/such/folder")]
    public async Task Nonsense_is_one_line_and_exit_code_1(params string[] words)
    {
        (int exitCode, string output, string errors) = await Cluster.RunAsync("/tmp/lustrous-no-run", words);

        Assert.Equal(1, exitCode);
        Assert.Equal("", output);
        Assert.Single(errors.Split('\n'));
        Assert.False(Directory.Exists("/tmp/nowhere"));
    }

    [Fact]
    public async Task A_mount_whose_server_was_killed_can_be_unmounted()
    {
        await using Cluster cluster = await Cluster.StartAsync(osts: 1);
        string mount = await cluster.MountAsync("mnt");
        await Shell.OkAsync($"head -c 3000000 /dev/urandom > {mount}/f; sync {mount}/f");
        foreach (LustrousProcess server in cluster.Servers)
            server.Kill();

        await Shell.OkAsync($"umount {mount} || umount -l {mount}", seconds: 240);
        await cluster.Mounts[0].EndAsync();
    }

    [Fact]
    public async Task A_forced_umount_ends_though_all_servers_are_gone()
    {
        await using Cluster cluster = await Cluster.StartAsync(osts: 1);
        string mount = await cluster.MountAsync("mnt");
        await Shell.OkAsync($"head -c 3000000 /dev/urandom > {mount}/f");
        foreach (LustrousProcess server in cluster.Servers)
            server.Kill();

        // Whoever waits for the servers gets an error, whether he has begun before the umount or not.
        string output = await Shell.OkAsync($"""
            (cat {mount}/other; echo "cat: $?") > {mount}.out 2>&1 &
            umount -f {mount} 2>/dev/null
            wait
            mountpoint -q {mount} && umount -f {mount}
            cat {mount}.out
            ! mountpoint -q {mount}
            """, seconds: 240);

        Assert.EndsWith("cat: 1\n", output, StringComparison.Ordinal);
        await cluster.Mounts[0].EndAsync();
    }


    [Fact]
    public async Task The_locks_of_a_client_that_was_killed_are_given_to_others()
    {
        await using Cluster cluster = await Cluster.StartAsync(osts: 1);
        string one = await cluster.MountAsync("one"), two = await cluster.MountAsync("two");
        // Whoever does not give a lock back has a hundred seconds otherwise, longer than a test may take.
        (int set, _, string errors) = await cluster.RunAsync("lctl", "set_param", "ldlm.namespaces.*.lock_timeout=5");
        Assert.True(set == 0, errors);
        await Shell.OkAsync($"echo from one > {one}/f; sync {one}/f; mkdir {one}/d; ls -l {one}/d");

        cluster.Mounts[0].Kill();

        await Shell.OkAsync($"""
            set -e; test "$(cat {two}/f)" = "from one"; echo from two > {two}/f; touch {two}/d/g; rm -r {two}/d
            test "$(cat {two}/f)" = "from two"
            """, seconds: 240);
    }

    [Fact]
    public async Task A_full_OST_is_ENOSPC_and_room_comes_back()
    {
        await using Cluster cluster = await Cluster.StartAsync(osts: 1, size: "64M");
        string mount = await cluster.MountAsync("mnt");

        (int exitCode, string output) = await Shell.RunAsync(
            $"dd if=/dev/zero of={mount}/f bs=1M count=200 conv=fsync");
        Assert.True(exitCode == 1, output);
        Assert.Contains("No space left on device", output, StringComparison.Ordinal);
        await Shell.OkAsync($"rm {mount}/f");
        // The object goes once the unlink is committed.
        string write = $"dd if=/dev/zero of={mount}/g bs=1M count=20 conv=fsync";
        await Shell.OkAsync($"for i in $(seq 50); do {write} && exit 0; sleep 0.2; done; exit 1");
    }

    [Fact]
    public async Task A_name_of_256_bytes_is_ENAMETOOLONG()
    {
        await using Cluster cluster = await Cluster.StartAsync(osts: 1);
        string mount = await cluster.MountAsync("mnt");
        string name = new('n', 255);

        await Shell.OkAsync($"touch {mount}/{name} && test -e {mount}/{name}");
        (int exitCode, string output) = await Shell.RunAsync($"touch {mount}/{name}n");

        Assert.NotEqual(0, exitCode);
        Assert.Contains("File name too long", output, StringComparison.Ordinal);
    }
}
