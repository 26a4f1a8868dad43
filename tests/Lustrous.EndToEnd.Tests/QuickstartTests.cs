namespace Lustrous.EndToEnd.Tests;

/// <summary><c>lustrous quickstart</c>: the main job in one go.</summary>
[Collection("end to end")]
public sealed class QuickstartTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("lustrous-qs-").FullName;

    string RunFolder => Path.Combine(_folder, "run");

    [Fact]
    public async Task A_tree_comes_back_equal()
    {
        Needs.Fuse();
        string tree = await MakeTreeAsync();

        (int exitCode, string output, string errors) = await Cluster.RunAsync(RunFolder, "quickstart", tree);

        Assert.True(exitCode == 0, output + errors);
        Assert.Contains("OK: all", output, StringComparison.Ordinal);
        // The large file has objects on four OSTs.
        Assert.Contains("lmm_stripe_count:  4", output, StringComparison.Ordinal);
        Assert.Contains("filesystem_summary:", output, StringComparison.Ordinal);
        Assert.Contains("lustre-OST0003_UUID", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_byte_changed_behind_its_back_is_found()
    {
        Needs.Fuse();
        string tree = await MakeTreeAsync();
        string mount = Directory.CreateDirectory(Path.Combine(_folder, "mnt")).FullName;
        await using var process = new LustrousProcess(
            RunFolder, "quickstart", tree, "--mount", mount, "--pause-before-compare");
        await process.FindAsync("paused");
        // The same length and the same time: only the bytes tell.
        string file = Path.Combine(mount, "tree", "sub", "large");
        await Shell.OkAsync(
            $"touch -r {file} {_folder}/time && printf X | dd of={file} bs=1 seek=3000000 conv=notrunc"
            + $" && touch -r {_folder}/time {file}");

        process.WriteLine("");
        (int exitCode, string output) = await process.EndAsync();

        Assert.True(exitCode == 1, output + process.Errors);
        // All its names are one file; the first in order stands for it.
        Assert.Contains("DIFFERENT: hard: its bytes differ", process.Errors, StringComparison.Ordinal);
        Assert.True(output.Contains("FAILED: 1 difference", StringComparison.Ordinal), output + process.Errors);
    }

    [Fact]
    public async Task A_quickstart_that_is_killed_leaves_neither_process_nor_mount()
    {
        Needs.Fuse();
        string tree = Path.Combine(_folder, "tree");
        await Shell.OkAsync($"mkdir {tree}; for i in $(seq 400); do head -c 300000 /dev/urandom > {tree}/f$i; done");
        string mount = Directory.CreateDirectory(Path.Combine(_folder, "mnt")).FullName;
        await using var process = new LustrousProcess(RunFolder, "quickstart", tree, "--mount", mount);
        await Shell.OkAsync($"until test -e {mount}/tree/f1; do sleep 0.05; done");

        process.Kill();

        await process.EndAsync();           // a thread that waits for the mount would keep it for ever
        await Shell.OkAsync($"while grep -q ' {mount} ' /proc/mounts; do sleep 0.1; done");
    }

    [Fact]
    public async Task A_tree_that_is_not_there_is_one_clear_line()
    {
        (int exitCode, _, string errors) = await Cluster.RunAsync(RunFolder, "quickstart", _folder + "/nothing");

        Assert.Equal(1, exitCode);
        Assert.Equal($"lustrous quickstart: there is no folder {_folder}/nothing to copy", errors);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    async Task<string> MakeTreeAsync()
    {
        string tree = Path.Combine(_folder, "tree");
        await Shell.OkAsync($"""
            set -e; mkdir -p {tree}/sub/deep {tree}/empty; cd {tree}
            for i in $(seq 60); do head -c $((i * 977)) /dev/urandom > sub/deep/f$i; done
            head -c 9000001 /dev/urandom > sub/large
            ln -s sub/large link; ln -s nowhere dangling; ln sub/large hard; ln sub/large sub/deep/hard2
            chmod 640 sub/deep/f1; chmod 4755 sub/deep/f2; chmod 1777 empty; : > zero; mkfifo pipe
            touch -d '2001-02-03 04:05:06' sub/deep sub/deep/f3; touch -h -d '2002-03-04 05:06:07' link
            [ $(id -u) != 0 ] || chown 1234:5678 sub/deep/f4 dangling -h
            """);
        return tree;
    }
}
