using Lustrous.Osd.Tests.Support;

namespace Lustrous.EndToEnd.Tests;

/// <summary>Targets on a disk: what was stored is there in the next life, and what is wrong with one is said.</summary>
[Collection("end to end")]
public sealed class StoreTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("lustrous-store-").FullName;

    string RunFolder => Path.Combine(_folder, "run");

    string Store => Path.Combine(_folder, "store");

    [Fact]
    public async Task A_quickstart_stays_and_comes_up_again_byte_for_byte()
    {
        Needs.Fuse();
        string tree = Path.Combine(_folder, "tree");
        await Shell.OkAsync($"mkdir -p {tree}/sub && head -c 5000000 /dev/urandom > {tree}/sub/large"
            + $" && for i in $(seq 50); do head -c $((i * 997)) /dev/urandom > {tree}/f$i; done"
            + $" && ln -s f1 {tree}/link && ln {tree}/f2 {tree}/hard && chmod 751 {tree}/sub");
        (int exitCode, string output, string errors) = await Cluster.RunAsync(
            RunFolder, "quickstart", tree, "--store", Store);
        Assert.True(exitCode == 0, output + errors);

        string mount = Directory.CreateDirectory(Path.Combine(_folder, "mnt")).FullName;
        for (int life = 0; life < 2; life++)
        {
            await using var up = new LustrousProcess(RunFolder, "up", "--store", Store, "--mount", mount);
            await up.FindAsync("lustre: 1 MDT, 4 OST, kept in");
            await Shell.OkAsync($"test {life} = 1 || setfattr -n user.colour -v green {mount}/tree/f3");
            await Shell.OkAsync($"diff -r {tree} {mount}/tree && test \"$(readlink {mount}/tree/link)\" = f1"
                + $" && test $(stat -c %h {mount}/tree/hard) = 2 && test $(stat -c %a {mount}/tree/sub) = 751"
                + $" && test \"$(getfattr --only-values -n user.colour {mount}/tree/f3)\" = green");
            // What a life adds is there in the next.
            await Shell.OkAsync($"test {life} = 0 || cat {mount}/tree/life0; echo {life} > {mount}/tree/life{life}"
                + $" && cp {mount}/tree/life{life} {tree}/");
            up.Interrupt();
            (exitCode, _) = await up.EndAsync();
            Assert.True(exitCode == 0, up.Errors);
        }
    }

    [Fact]
    public async Task A_target_that_is_open_or_newer_is_refused_and_the_others_run()
    {
        await using var cluster = new Cluster();
        await cluster.MakeAsync("mdt0", "--mgs", "--mdt", "--index", "0");
        await cluster.MakeAsync("ost0", "--ost", "--index", "0", "--mgsnode", cluster.MgsNid);
        await cluster.MakeAsync("ost1", "--ost", "--index", "1", "--mgsnode", cluster.MgsNid);
        await File.WriteAllTextAsync(
            Path.Combine(cluster.Folder, "ost1", "format"), "lustrous target\nformat 77\nnews\n");
        await using var both = new LustrousProcess(
            cluster.RunFolder, "serve", Path.Combine(cluster.Folder, "mdt0"), Path.Combine(cluster.Folder, "ost0"),
            Path.Combine(cluster.Folder, "ost1"), "--nid", cluster.MgsNid, "--port", $"{cluster.Port}");
        await both.FindAsync("ready");
        Assert.Contains($"{cluster.Folder}/ost1/format: format 77 is newer", both.Errors, StringComparison.Ordinal);
        string mount = await cluster.MountAsync("mnt");
        await Shell.OkAsync($"echo here > {mount}/file && test $(cat {mount}/file) = here");

        LustrousProcess second = cluster.StartServer("ost0", 5);
        (int exitCode, _) = await second.EndAsync();
        Assert.Equal(1, exitCode);
        Assert.Contains($"{cluster.Folder}/ost0/lock: the target is in use by process", second.Errors,
            StringComparison.Ordinal);
        (exitCode, _, string errors) = await cluster.RunAsync(
            "mkfs.lustre", "--ost", "--index", "0", "--mgsnode", cluster.MgsNid, "--reformat",
            Path.Combine(cluster.Folder, "ost0"));
        Assert.Equal(1, exitCode);
        Assert.Contains("the target is in use by process", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flipped_bit_is_an_error_of_its_file_alone()
    {
        await using Cluster cluster = await Cluster.StartAsync(osts: 1);
        string mount = await cluster.MountAsync("mnt");
        await Shell.OkAsync($"head -c 300000 /dev/urandom > {mount}/bad && head -c 300000 /dev/urandom > {mount}/good"
            + $" && sync {mount}/bad {mount}/good && cp {mount}/good {_folder}/good && cp {mount}/bad {_folder}/bad");
        foreach (LustrousProcess process in (LustrousProcess[])[cluster.Mounts[0], cluster.Servers[1]])
        {
            process.Interrupt();
            await process.EndAsync();
        }
        // The first file that was made has the lowest number.
        string file = Directory.EnumerateFiles(
            Path.Combine(cluster.Folder, "ost0", "data"), "*", SearchOption.AllDirectories).Order().First();
        await Shell.OkAsync($"printf '\\001' | dd of={file} bs=1 seek=100000 conv=notrunc");
        LustrousProcess again = await cluster.ServeAsync("ost0", 2);
        mount = await cluster.MountAsync("mnt2");
        (int exitCode, string output) = await Shell.RunAsync($"cmp {mount}/bad {_folder}/bad");
        Assert.NotEqual(0, exitCode);
        Assert.Contains("Input/output error", output, StringComparison.Ordinal);
        await Shell.OkAsync($"cmp {mount}/good {_folder}/good");
        Assert.Contains($"{file} of object", again.Errors, StringComparison.Ordinal);
        Assert.Contains("is not what was written", again.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disk_that_fails_is_an_error_of_its_target_alone()
    {
        await using var cluster = new Cluster();
        using var disk = new LoopDisk("256M", memory: "80M");
        await cluster.MakeAsync("mdt0", "--mgs", "--mdt", "--index", "0");
        await cluster.ServeAsync("mdt0", 1);
        Directory.CreateSymbolicLink(Path.Combine(cluster.Folder, "ost0"), disk.New("ost0"));
        Directory.CreateDirectory(disk.New("ost0"));
        for (int i = 0; i < 2; i++)
        {
            await cluster.MakeAsync($"ost{i}", "--ost", "--index", $"{i}", "--mgsnode", cluster.MgsNid);
            await cluster.ServeAsync($"ost{i}", 2 + i);
        }
        string mount = await cluster.MountAsync("mnt");
        foreach (string name in (string[])["on0", "on1", "new0", "new1"])
        {
            (int made, _, string why) = await cluster.RunAsync(
                "lfs", "setstripe", "-c", "1", "-i", name[^1..], Path.Combine(mount, name));
            Assert.True(made == 0, why);
        }
        await Shell.OkAsync($"cd {mount} && head -c 1000000 /dev/urandom > on0 && cp on0 on1 && sync on0 on1"
            + $" && cp on0 {_folder}/before");
        disk.FailWrites();
        (int exitCode, string output) = await Shell.RunAsync(
            $"dd if=/dev/urandom of={mount}/new0 bs=1M count=150 conv=fsync,notrunc");
        Assert.NotEqual(0, exitCode);
        Assert.Matches("Input/output error|No space left on device", output);
        await Shell.OkAsync($"cd {mount} && head -c 3000000 /dev/urandom > new1 && sync new1"
            + $" && cmp on1 {_folder}/before && cmp on0 {_folder}/before && mkdir dir && mv new1 dir/ && ls -l dir");
        Assert.Contains(
            $"{cluster.Folder}/ost0/", cluster.Servers[1].Errors, StringComparison.Ordinal);
        Assert.False(cluster.Servers[1].HasExited);
    }

    [Fact]
    public async Task What_a_target_is_can_be_shown()
    {
        await using var cluster = new Cluster();
        await cluster.MakeAsync("ost7", "--ost", "--index", "7", "--mgsnode", "10.0.0.1@tcp", "--device-size", "512M");
        (int exitCode, string output, _) = await cluster.RunAsync(
            "tunefs.lustre", "--print", Path.Combine(cluster.Folder, "ost7"));
        Assert.Equal(0, exitCode);
        foreach (string line in (string[])["Target:            e2e-OST0007", "Mount type:        lustrous",
            "Format:            4", "Room:              512 MiB", "MGS:               10.0.0.1@tcp"])
            Assert.Contains(line, output, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
