using Lustrous.Idl.Fids;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Disk;
using Lustrous.Osd.Disk.Files;
using Lustrous.Osd.Tests.Support;
using Lustrous.Simulation;
using Xunit;

namespace Lustrous.Osd.Tests.Disk;

/// <summary>
/// Whatever the end of the process or of the power leaves is a target that opens, and holds the transactions up to one
/// of them, whole: all that stopped when the process was killed, at least all that were committed when the power went.
/// </summary>
public sealed class DiskCrashTests : IDisposable
{
    static readonly Fid s_file = new(FidSeq.NORMAL, 1);
    static readonly Fid s_directory = new(FidSeq.NORMAL, 2);
    readonly DiskDirectoryFixture _directories = new();

    public void Dispose() => _directories.Dispose();

    [Fact]
    public void A_killed_process_loses_nothing_that_has_stopped() => Seeds.Each(6, seed => Run(seed, async () =>
    {
        var world = new DtWorld();
        DiskDeviceOptions options = NewTarget(world);
        var random = new SeededRandom(seed);
        DiskDevice device = Open(world, options);
        var work = new DiskWorkload(device, random);
        for (int turn = 0; turn < 6; turn++)
        {
            for (int i = 0; i < 25; i++)
            {
                await work.StepAsync();
                if (random.Next(12) == 0)
                    Assert.Equal(Errno.OK, await device.SyncAsync());
            }
            string image = _directories.New();
            DiskImage.Copy(options.Path, image);
            await using DiskDevice reopened = Open(new DtWorld(), options with { Path = image, Observer = null });
            Assert.Equal(work.Last, reopened.CommittedSequence);
            Assert.Equal((0, 0), reopened.CheckAccounts(repair: false));
            await work.CheckAsync(reopened);
        }
        await device.DisposeAsync();
        await using DiskDevice after = Open(new DtWorld(), options);
        Assert.Equal(work.Last, after.CommittedSequence);
        await work.CheckAsync(after);
    }));

    [Fact]
    public void A_loss_of_power_leaves_whole_transactions_and_all_that_were_committed() => Seeds.Each(6,
        seed => Run(seed, async () =>
        {
            var world = new DtWorld();
            string path = _directories.New();
            var recorder = new DiskRecorder(path);
            DiskDeviceOptions options = NewTarget(world, path) with { Observer = recorder };
            var random = new SeededRandom(seed);
            await using DiskDevice device = Open(world, options);
            var work = new DiskWorkload(device, random);
            for (int i = 0; i < 120; i++)
            {
                await work.StepAsync();
                if (random.Next(8) == 0)
                    Assert.Equal(Errno.OK, await device.SyncAsync());
                if (random.Next(6) == 0)
                    await CheckPowerLossAsync(options, recorder, work, device.CommittedSequence, random);
            }
        }));

    [Fact]
    public async Task A_target_that_was_shut_down_is_opened_without_a_journal()
    {
        var world = new DtWorld();
        DiskDeviceOptions options = NewTarget(world);
        DiskDevice device = Open(world, options);
        var work = new DiskWorkload(device, new SeededRandom(1));
        for (int i = 0; i < 40; i++)
            await work.StepAsync();
        await device.DisposeAsync();
        Assert.Equal(0, world.Buffers.OutstandingBytes);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(options.Path, "journal")));
        await using DiskDevice again = Open(world, options);
        await work.CheckAsync(again);
        Assert.Equal(work.Last, again.CommittedSequence);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Transactions_that_overlap_on_an_object_leave_it_readable_in_whatever_order_they_stop(bool isFirst)
    {
        DiskDeviceOptions options = NewTarget(new DtWorld());
        await using DiskDevice device = Open(new DtWorld(), options);
        IDtObject file = device.Locate(s_file);
        IDtObject directory = device.Locate(s_directory);
        DtTransaction setUp = Begin(device);
        Assert.Equal(Errno.OK, file.Create(setUp, Attributes(DtMode.Regular), DtObjectFormat.Regular));
        Assert.Equal(Errno.OK, directory.Create(setUp, Attributes(DtMode.Directory), DtObjectFormat.Directory));
        await WriteAsync(device, file, setUp, 0, 200_000, 1);
        setUp.Stop();
        Assert.Equal(Errno.OK, await device.SyncAsync(TestContext.Current.CancellationToken));

        DtTransaction first = Begin(device);
        DtTransaction second = Begin(device);
        await WriteAsync(device, file, first, 40_960, 81_920, 2);
        Assert.Equal(Errno.OK, directory.Insert(first, "first"u8, new DtEntry(s_file, DtMode.Regular)));
        await WriteAsync(device, file, second, 81_920, 200_000, 3);
        Assert.Equal(Errno.OK, directory.Insert(second, "second"u8, new DtEntry(s_file, DtMode.Regular)));
        Assert.Equal(Errno.OK, file.SetXattr(isFirst ? second : first, "user.x"u8, "value"u8));
        (isFirst ? first : second).Stop();
        await CheckOverlapAsync(options, 1);
        (isFirst ? second : first).Stop();
        await CheckOverlapAsync(options, 2);
        Assert.Equal(Errno.OK, await device.SyncAsync(TestContext.Current.CancellationToken));
        await CheckOverlapAsync(options, 2);
    }

    [Fact]
    public async Task What_a_killed_process_wrote_is_durable_before_its_journal_goes()
    {
        DiskDeviceOptions options = NewTarget(new DtWorld());
        await using DiskDevice device = Open(new DtWorld(), options);
        var work = new DiskWorkload(device, new SeededRandom(5));
        for (int i = 0; i < 40; i++)
            await work.StepAsync();
        string image = _directories.New();
        DiskImage.Copy(options.Path, image);
        var order = new OrderObserver();
        await using DiskDevice again = Open(new DtWorld(), options with { Path = image, Observer = order });
        Assert.Equal(work.Last, again.CommittedSequence);
        int synced = order.Events.IndexOf("synced all");
        int unlinked = order.Events.FindIndex(e => e.Contains("/journal/", StringComparison.Ordinal));
        Assert.InRange(synced, 0, unlinked - 1);
    }

    async Task CheckOverlapAsync(DiskDeviceOptions options, int names)
    {
        string image = _directories.New();
        DiskImage.Copy(options.Path, image);
        await using DiskDevice reopened = Open(new DtWorld(), options with { Path = image, Observer = null });
        // Also what the one that has not stopped has written already.
        Assert.Equal((0, 0), reopened.CheckAccounts(repair: false));
        IDtObject file = reopened.Locate(s_file);
        using DtBuffers buffers = reopened.NewBuffers();
        Result<int> read = await file.GetReadBuffersAsync(buffers, 0, 300_000);
        Assert.Equal(281_920, read.Value);
        var body = new List<byte>();
        foreach (IoVec vector in buffers.Vectors)
            body.AddRange(vector.Span);
        Assert.Equal((1, 2, 3, 3), ((int)body[40_959], (int)body[81_919], (int)body[81_920], (int)body[281_919]));
        Assert.Equal(Errno.OK, file.GetXattr("user.x"u8, new byte[10]).Error);
        IDtObject directory = reopened.Locate(s_directory);
        int found = 0;
        using DtDirectoryIterator iterator = directory.Iterate(0);
        while (iterator.MoveNext())
            found++;
        Assert.Equal((names, names), (found, (int)directory.EntryCount));
    }

    static DtTransaction Begin(DiskDevice device)
    {
        DtTransaction transaction = device.Begin();
        Assert.Equal(Errno.OK, transaction.Start());
        return transaction;
    }

    static DtAttributes Attributes(uint mode) => new() { Valid = DtValid.Mode, Mode = mode };

    static async Task WriteAsync(
        DiskDevice device, IDtObject file, DtTransaction transaction, int offset, int length, byte value)
    {
        using DtBuffers buffers = device.NewBuffers();
        Assert.Equal(Errno.OK, await file.GetWriteBuffersAsync(buffers, offset, length));
        foreach (IoVec vector in buffers.Vectors)
            vector.Span.Fill(value);
        Assert.Equal(Errno.OK, await file.CommitWriteAsync(transaction, buffers));
    }

    sealed class OrderObserver : IDiskObserver
    {
        public List<string> Events { get; } = [];

        public void Created(string path)
        {
        }

        public void Reserved(string path, long length)
        {
        }

        public void Wrote(string path, long offset, ReadOnlySpan<byte> bytes)
        {
        }

        public void Punched(string path, long offset, long length)
        {
        }

        public void Unlinked(string path) => Events.Add(path);

        public void Synced(string? path) => Events.Add(path is null ? "synced all" : "synced a part");
    }

    static void Run(ulong seed, Func<Task> run)
    {
        try
        {
            run().GetAwaiter().GetResult();
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"LUSTROUS_SEED={seed}", e);
        }
    }

    async Task CheckPowerLossAsync(
        DiskDeviceOptions options, DiskRecorder recorder, DiskWorkload work, ulong committed, SeededRandom random)
    {
        string image = _directories.New();
        // RocksDB's own files are synced before they are named; what it has in memory only is in none of them.
        DiskImage.Copy(Path.Combine(options.Path, "meta"), Path.Combine(image, "meta"));
        Directory.CreateDirectory(Path.Combine(image, "journal"));
        Directory.CreateDirectory(Path.Combine(image, "data"));
        File.Copy(Path.Combine(options.Path, "format"), Path.Combine(image, "format"));
        File.WriteAllText(Path.Combine(image, "boot"), "another boot");
        recorder.MakeImage(image, recorder.Count, random);
        var world = new DtWorld();
        DiskDeviceOptions again = options with { Path = image, Observer = null };
        await using (DiskDevice reopened = Open(world, again))
        {
            Assert.InRange(reopened.CommittedSequence, committed, work.Last);
            Assert.Equal((0, 0), reopened.CheckAccounts(repair: false));
            await work.CheckAsync(reopened);
        }
        Directory.Delete(image, recursive: true);
    }

    DiskDeviceOptions NewTarget(DtWorld world, string? path = null)
    {
        var options = new DiskDeviceOptions
        {
            Path = path ?? _directories.New(),
            CapacityBytes = 64 << 20,
            MaxObjects = 1000,
            CommitDelay = TimeSpan.FromHours(1),
            JournalSegmentBytes = 200_000,
            CheckpointBytes = 1_000_000,
        };
        Assert.Equal(Errno.OK, DiskDevice.Format(options.Path, world.Context.Random));
        return options;
    }

    static DiskDevice Open(DtWorld world, DiskDeviceOptions options)
    {
        Errno error = DiskDevice.Open(world.Context, options, out DiskDevice? device, out string why);
        Assert.True(error == Errno.OK, why);
        return device!;
    }
}
