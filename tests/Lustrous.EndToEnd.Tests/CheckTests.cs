using Lustrous.Idl.Fids;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Disk;

namespace Lustrous.EndToEnd.Tests;

/// <summary>Targets that were damaged while nobody served them: <c>lctl scrub</c> and <c>lctl lfsck_start</c> find it
/// all, and what can be put right is.</summary>
[Collection("end to end")]
public sealed class CheckTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("lustrous-check-").FullName;

    string RunFolder => Path.Combine(_folder, "run");

    string Store => Path.Combine(_folder, "store");

    [Fact]
    public async Task What_was_damaged_offline_is_found_by_scrub_and_lfsck()
    {
        Needs.Fuse();
        string mount = Directory.CreateDirectory(Path.Combine(_folder, "mnt")).FullName;
        Dictionary<string, Fid> fids = [];
        await using (var up = new LustrousProcess(
            RunFolder, "up", "--store", Store, "--mount", mount, "--osts", "1"))
        {
            await up.FindAsync("lustre: ");
            await Shell.OkAsync($"mkdir {mount}/dir && for f in dangling gone lost flipped; do"
                + $" head -c 300000 /dev/urandom > {mount}/dir/$f || exit 1; done; ln {mount}/dir/lost {mount}/other");
            foreach (string name in (string[])["dir", "dir/gone", "dir/lost"])
                fids[name] = Fid.Parse((await LfsAsync("path2fid", Path.Combine(mount, name))).Trim()).Value;
            Assert.Contains("lustre-MDT0000: ", await LctlAsync(0, "scrub"), StringComparison.Ordinal);
            await LctlAsync(0, "lfsck_start", "-M", "lustre-MDT0000");
            await LctlAsync(0, "lfsck_query", "-w");
            AssertHas(await LctlAsync(0, "get_param", "-n", "mdd.*.lfsck_layout"),
                "status: completed", "repaired_dangling: 0", "repaired_orphan: 0");
            AssertHas(await LctlAsync(0, "get_param", "-n", "mdd.*.lfsck_namespace"),
                "status: completed", "flags: scanned-once", "multiple_linked_checked: 1");
            up.Interrupt();
            (int exitCode, _) = await up.EndAsync();
            Assert.Equal(0, exitCode);
        }
        string flipped = await DamageAsync(fids);

        await using var again = new LustrousProcess(RunFolder, "up", "--store", Store, "--mount", mount);
        await again.FindAsync("lustre: ");
        string scrubbed = await LctlAsync((int)Errno.EIO, "scrub");
        Assert.Contains($"{flipped} of object", scrubbed, StringComparison.Ordinal);
        Assert.Contains("lustre-OST0000: ", scrubbed, StringComparison.Ordinal);
        AssertHas(await LctlAsync(0, "get_param", "-n", "osd-*.lustre-OST0000.oi_scrub"),
            "status: completed", "failed: 1", "flags: inconsistent");
        AssertHas(await LctlAsync(0, "get_param", "-n", "osd-*.lustre-MDT0000.oi_scrub"), "failed: 0");

        Assert.Contains("Started LFSCK on the device lustre-MDT0000: scrub layout namespace",
            await LctlAsync(0, "lfsck_start", "-M", "lustre-MDT0000"), StringComparison.Ordinal);
        AssertHas(await LctlAsync(0, "lfsck_query", "-w"),
            "layout_mdts_completed: 1", "namespace_mdts_completed: 1", "namespace_mdts_failed: 0",
            "namespace_repaired: 2");
        AssertHas(await LctlAsync(0, "get_param", "-n", "mdd.*.lfsck_namespace"), "status: completed",
            "lost_dirent_repaired: 1", "dangling_repaired: 1", "nlinks_repaired: 1", "failed_phase1: 0");
        AssertHas(await LctlAsync(0, "get_param", "-n", "mdd.*.lfsck_layout"), "status: completed",
            "repaired_dangling: 1", "repaired_orphan: 1");
        // The name that was lost is there again, and the file behind it whole.
        await Shell.OkAsync($"cmp {mount}/dir/lost {mount}/other && test $(stat -c %h {mount}/other) = 2"
            + $" && test $(stat -c %h {mount}/dir) = 2");
        (int code, string output) = await Shell.RunAsync($"cat {mount}/dir/flipped > {_folder}/read");
        Assert.NotEqual(0, code);
        Assert.Contains("Input/output error", output, StringComparison.Ordinal);
    }

    /// <summary>Takes away an OST's object, a file of the MDT, a name; miscounts links; flips a bit. Returns the file
    /// that the bit is in.</summary>
    async Task<string> DamageAsync(Dictionary<string, Fid> fids)
    {
        string mdt = Folder("Mdt"), ost = Folder("Ost");
        await using (DiskDevice device = Open(mdt))
        {
            Change(device, tx => device.Find(fids["dir/gone"]).Value.Destroy(tx));
            Change(device, tx => device.Find(fids["dir"]).Value.Remove(tx, "lost"u8));
            Change(device, tx => device.Find(fids["dir"]).Value.SetAttributes(
                tx, new DtAttributes { Valid = DtValid.Nlink, Nlink = 5 }));
        }
        await using (DiskDevice device = Open(ost))
        {
            // The first that was made is of the file 'dangling'.
            Fid first = device.ListObjects().Select(listed => listed.Value)
                .Where(fid => device.Find(fid).Value.GetAttributes(out DtAttributes a) == Errno.OK && a.Size == 300_000)
                .OrderBy(fid => fid.ObjectId).First();
            Change(device, tx => device.Find(first).Value.Destroy(tx));
        }
        // The last one's body.
        string file = Directory.EnumerateFiles(Path.Combine(ost, "data"), "*", SearchOption.AllDirectories)
            .OrderByDescending(path => path, StringComparer.Ordinal)
            .First(path => new FileInfo(path).Length >= 300_000);
        await Shell.OkAsync($"printf '\\001' | dd of={file} bs=1 seek=100000 conv=notrunc");
        return file;
    }

    string Folder(string kind) => Path.GetDirectoryName(Directory.EnumerateFiles(
        Store, "lustrous-target.json", SearchOption.AllDirectories).Single(file => IsKind(file, kind)))!;

    static bool IsKind(string file, string kind)
    {
        using var description = System.Text.Json.JsonDocument.Parse(File.ReadAllText(file));
        return description.RootElement.EnumerateObject().Any(property =>
            property.Name.Equals(kind, StringComparison.OrdinalIgnoreCase)
            && property.Value.ValueKind == System.Text.Json.JsonValueKind.True);
    }

    static DiskDevice Open(string path)
    {
        var context = new NodeContext(
            TimeProvider.System, new SeededRandom(1), new InlineWork(), new BufferPool(0), NullLogSink.Instance);
        Errno error = DiskDevice.Open(
            context, new DiskDeviceOptions { Path = path }, out DiskDevice? device, out string why);
        Assert.True(error == Errno.OK, why);
        return device!;
    }

    static void Change(DiskDevice device, Func<DtTransaction, Errno> change)
    {
        DtTransaction transaction = device.Begin();
        Assert.Equal(Errno.OK, transaction.Start());
        Assert.Equal(Errno.OK, change(transaction));
        transaction.Stop();
    }

    sealed class InlineWork : IWorkQueue
    {
        public void Post(Action<object?> work, object? state) => work(state);
    }

    static void AssertHas(string text, params string[] lines)
    {
        string[] all = text.Split('\n');
        foreach (string line in lines)
            Assert.True(all.Contains(line), $"no line '{line}' in\n{text}");
    }

    async Task<string> LfsAsync(params string[] words) => await RunAsync(0, ["lfs", .. words]);

    async Task<string> LctlAsync(int exitCode, params string[] words) => await RunAsync(exitCode, ["lctl", .. words]);

    async Task<string> RunAsync(int expected, string[] words)
    {
        (int exitCode, string output, string errors) = await Cluster.RunAsync(RunFolder, words);
        Assert.True(exitCode == expected, $"{string.Join(' ', words)}: exit code {exitCode}\n{output}{errors}");
        return output;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
