using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Disk;
using Lustrous.Osd.Disk.Store;
using Lustrous.Osd.Scrub;
using Lustrous.Osd.Tests.Support;
using Xunit;

namespace Lustrous.Osd.Tests.Scrub;

/// <summary>A scrub reads all there is, names what is damaged with target and file, and puts the accounts right.
/// </summary>
public sealed class OsdScrubTests : IDisposable
{
    const string Target = "lustre-OST0000";

    static readonly Fid s_file = new(FidSeq.NORMAL, 1), s_small = new(FidSeq.NORMAL, 2);
    static readonly Fid s_directory = new(FidSeq.NORMAL, 3);
    readonly DiskDirectoryFixture _directories = new();
    readonly DtWorld _world = new();

    public void Dispose() => _directories.Dispose();

    [Fact]
    public async Task What_is_whole_is_read_and_nothing_is_found()
    {
        string path = await NewTargetAsync();
        await using DiskDevice device = Open(path);
        var scrub = new OsdScrub(_world.Context, device, Target);
        AssertHas(scrub, "name: OI_scrub", "magic: 0x4c5fd252", "status: init", "flags:", "param:",
            "time_since_last_completed: N/A", "checked: 0", "current_position: N/A");
        Assert.Equal(Errno.OK, scrub.Start(new OsdScrubOptions()));
        await scrub.WaitAsync();
        AssertHas(scrub, "status: completed", "checked: 3", "updated: 0", "failed: 0", "success_count: 1", "flags:");
        Assert.Empty(scrub.Problems);
        Assert.Empty(_world.Errors);
    }

    [Fact]
    public async Task What_is_not_durable_yet_is_read_too()
    {
        await using DiskDevice device = Open(await NewTargetAsync());
        Change(device, tx => device.Locate(new Fid(FidSeq.NORMAL, 77)).Create(
            tx, new DtAttributes { Valid = DtValid.Mode, Mode = DtMode.Regular }, DtObjectFormat.Regular));
        var scrub = new OsdScrub(_world.Context, device, Target);
        Assert.Equal(Errno.OK, scrub.Start(new OsdScrubOptions()));
        await scrub.WaitAsync();
        AssertHas(scrub, "status: completed", "checked: 4", "failed: 0");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_flipped_bit_of_a_body_is_found_and_named(bool endsWithFailure)
    {
        string path = await NewTargetAsync();
        string file = Assert.Single(
            Directory.EnumerateFiles(Path.Combine(path, "data"), "*", SearchOption.AllDirectories));
        byte[] bytes = File.ReadAllBytes(file);
        bytes[2_500_000] ^= 1;
        File.WriteAllBytes(file, bytes);
        await using DiskDevice device = Open(path);
        var scrub = new OsdScrub(_world.Context, device, Target);
        Assert.Equal(Errno.OK, scrub.Start(new OsdScrubOptions { EndsWithFailure = endsWithFailure }));
        await scrub.WaitAsync();
        AssertHas(scrub, "failed: 1", "flags: inconsistent", endsWithFailure ? "param: failout" : "param:",
            endsWithFailure ? "status: failed" : "status: completed", "first_failure_position: 1");
        Assert.Equal($"{Target}: {file} of object {s_file}: block {2_500_000 / 4096} is not what was written",
            Assert.Single(scrub.Problems));
    }

    [Fact]
    public async Task Damaged_names_and_attributes_are_found()
    {
        await using DiskDevice device = Open(await NewTargetAsync());
        var batch = new DiskBatch();
        byte[] room = new byte[DiskKey.MaxNameSize];
        batch.Put(DiskKey.OfNumber(DiskKey.Xattrs, NumberOf(device, s_small), room), new byte[5]);
        batch.Put(DiskKey.OfName(NumberOf(device, s_directory), 9, "bad"u8, room), new byte[3]);
        Assert.Equal(Errno.OK, device.Store.Apply(batch));
        var scrub = new OsdScrub(_world.Context, device, Target);
        Assert.Equal(Errno.OK, scrub.Start(new OsdScrubOptions()));
        await scrub.WaitAsync();
        AssertHas(scrub, "status: completed", "failed: 2");
        Assert.Equal(2, scrub.Problems.Count);
        Assert.All(scrub.Problems, problem => Assert.StartsWith($"{Target}: the ", problem, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_object_that_says_it_is_another_is_found()
    {
        await using DiskDevice device = Open(await NewTargetAsync());
        var lma = new LustreMdtAttrs { SelfFid = s_file };
        Change(device, tx => device.Locate(s_small).SetXattr(
            tx, DtXattr.Lma, MemoryMarshal.AsBytes(new Span<LustreMdtAttrs>(ref lma))));
        var scrub = new OsdScrub(_world.Context, device, Target);
        Assert.Equal(Errno.OK, scrub.Start(new OsdScrubOptions()));
        await scrub.WaitAsync();
        Assert.Equal($"{Target}: object {s_small} says that it is {s_file}", Assert.Single(scrub.Problems));
    }

    [Fact]
    public async Task Accounts_that_drifted_are_told_in_a_dry_run_and_else_put_right()
    {
        string path = await NewTargetAsync();
        await using (DiskDevice device = Open(path))
        {
            (long bytes, long objects) = device.UsedRoom;
            var meta = new DiskMeta
            {
                Sequence = device.CommittedSequence,
                UsedBytes = bytes + 12_345,
                Objects = objects + 2,
                NextNumber = 100,
            };
            var batch = new DiskBatch();
            batch.Put(DiskKey.MetaKey, MemoryMarshal.AsBytes(new ReadOnlySpan<DiskMeta>(in meta)));
            Assert.Equal(Errno.OK, device.Store.Apply(batch));
        }
        await using DiskDevice drifted = Open(path);
        (long usedBytes, long usedObjects) = drifted.UsedRoom;
        long free = drifted.FreeBytes;
        var scrub = new OsdScrub(_world.Context, drifted, Target);
        Assert.Equal(Errno.OK, scrub.Start(new OsdScrubOptions { IsDryRun = true }));
        await scrub.WaitAsync();
        AssertHas(scrub, "param: dryrun", "inconsistent: 1", "failed: 0");
        Assert.Equal((usedBytes, usedObjects), drifted.UsedRoom);
        Assert.Equal(Errno.OK, scrub.Start(new OsdScrubOptions()));
        await scrub.WaitAsync();
        AssertHas(scrub, "updated: 1", "failed: 0");
        Assert.Equal((usedBytes - 12_345, usedObjects - 2), drifted.UsedRoom);
        Assert.Equal(free + 12_345, drifted.FreeBytes);
        // Durable with the next transaction.
        Change(drifted, tx => drifted.Locate(s_small).SetVersion(tx, 5));
        Assert.Equal(Errno.OK, await drifted.SyncAsync(TestContext.Current.CancellationToken));
        Assert.Equal((0, 0), drifted.CheckAccounts(repair: false));
    }

    [Fact]
    public async Task One_that_is_stopped_says_so()
    {
        await using DiskDevice device = Open(await NewTargetAsync());
        await using var scrub = new OsdScrub(_world.Context, device, Target);
        Assert.Equal(Errno.EALREADY, await scrub.StopAsync());
        Assert.Equal(Errno.OK, scrub.Start(new OsdScrubOptions { ObjectsPerSecond = 1 }));
        AssertHas(scrub, "status: scanning", "checked: 1", "scrub_full_speed: no");
        Assert.Equal(Errno.EALREADY, scrub.Start(new OsdScrubOptions()));
        Assert.Equal(Errno.OK, await scrub.StopAsync());
        AssertHas(scrub, "status: stopped", "success_count: 0");
    }

    static void AssertHas(OsdScrub scrub, params string[] lines)
    {
        string text = scrub.Status();
        string[] all = text.Split('\n');
        foreach (string line in lines)
            Assert.True(all.Contains(line), $"no line '{line}' in\n{text}");
    }

    static ulong NumberOf(DiskDevice device, Fid fid) => ((DiskObject)device.Find(fid).Value).Number;

    static void Change(DiskDevice device, Func<DtTransaction, Errno> change)
    {
        DtTransaction transaction = device.Begin();
        Assert.Equal(Errno.OK, transaction.Start());
        Assert.Equal(Errno.OK, change(transaction));
        transaction.Stop();
    }

    /// <summary>A body in a file, one in the store, and a directory; shut down.</summary>
    async Task<string> NewTargetAsync()
    {
        string path = _directories.New();
        Assert.Equal(Errno.OK, DiskDevice.Format(path, _world.Context.Random));
        await using DiskDevice device = Open(path);
        foreach (Fid fid in (Fid[])[s_file, s_small])
        {
            Change(device, tx => device.Locate(fid).Create(
                tx, new DtAttributes { Valid = DtValid.Mode, Mode = DtMode.Regular }, DtObjectFormat.Regular));
            Change(device, tx => device.Locate(fid).SetXattr(tx, "user.x"u8, "value"u8));
        }
        // Too much to stand in the object's record.
        Change(device, tx => device.Locate(s_small).SetXattr(tx, "user.y"u8, new byte[1000]));
        Change(device, tx => device.Locate(s_small).Write(tx, 0, new byte[1000]));
        Change(device, tx => device.Locate(s_directory).Create(
            tx, new DtAttributes { Valid = DtValid.Mode, Mode = DtMode.Directory }, DtObjectFormat.Directory));
        Change(device, tx => device.Locate(s_directory).Insert(tx, "name"u8, new DtEntry(s_file, DtMode.Regular)));
        using DtBuffers buffers = device.NewBuffers();
        IDtObject file = device.Locate(s_file);
        DtTransaction transaction = device.Begin();
        Assert.Equal(Errno.OK, transaction.Start());
        Assert.Equal(Errno.OK, await file.GetWriteBuffersAsync(buffers, 0, 3 << 20));
        foreach (IoVec vector in buffers.Vectors)
            vector.Span.Fill(7);
        Assert.Equal(Errno.OK, await file.CommitWriteAsync(transaction, buffers));
        transaction.Stop();
        return path;
    }

    DiskDevice Open(string path)
    {
        var options = new DiskDeviceOptions
        {
            Path = path,
            CapacityBytes = 64 << 20,
            CommitDelay = TimeSpan.FromHours(1),
        };
        Errno error = DiskDevice.Open(_world.Context, options, out DiskDevice? device, out string why);
        Assert.True(error == Errno.OK, why);
        return device!;
    }
}
