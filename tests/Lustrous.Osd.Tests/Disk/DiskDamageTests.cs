using Lustrous.Idl.Fids;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Disk;
using Lustrous.Osd.Disk.Store;
using Lustrous.Osd.Tests.Support;
using Xunit;

namespace Lustrous.Osd.Tests.Disk;

/// <summary>What is wrong with a target is told in one line that names the file; damaged bytes are never given
/// out.</summary>
public sealed class DiskDamageTests : IDisposable
{
    static readonly Fid s_file = new(FidSeq.NORMAL, 1);
    readonly DiskDirectoryFixture _directories = new();
    readonly DtWorld _world = new();

    public void Dispose() => _directories.Dispose();

    [Fact]
    public void Where_no_target_is_none_is_opened()
    {
        Assert.Contains("there is no target", Refused(Errno.ENOENT, _directories.New()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_newer_format_is_refused_and_named()
    {
        string path = NewTarget();
        File.WriteAllText(Path.Combine(path, "format"), "lustrous target\nformat 99\nsomething else\n");
        string why = Refused(Errno.EPROTONOSUPPORT, path);
        Assert.Contains("format 99 is newer", why, StringComparison.Ordinal);
        Assert.StartsWith(Path.Combine(path, "format"), why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("lustrous target\nformat x\n")]
    [InlineData("lustrous target\nformat 1\nhash-key zz\n")]
    [InlineData("something\nelse\nthere\n")]
    public void A_damaged_format_file_is_named(string text)
    {
        string path = NewTarget();
        File.WriteAllText(Path.Combine(path, "format"), text);
        Assert.StartsWith(Path.Combine(path, "format"), Refused(Errno.EINVAL, path), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_target_is_open_once()
    {
        string path = NewTarget();
        await using (DiskDevice device = Open(path))
        {
            string why = Refused(Errno.EBUSY, path);
            Assert.Contains($"in use by process {Environment.ProcessId}", why, StringComparison.Ordinal);
        }
        await using DiskDevice again = Open(path);
    }

    [Fact]
    public void A_target_is_not_made_over_another() =>
        Assert.Equal(Errno.EEXIST, DiskDevice.Format(NewTarget(), _world.Context.Random));

    [Theory]
    [InlineData(0)]
    [InlineData(5 * 4096 + 17)]
    [InlineData(300_000 - 1)]
    public async Task A_flipped_bit_in_a_file_is_an_error_and_never_data(int at)
    {
        string path = NewTarget();
        await using (DiskDevice device = Open(path))
            await WriteAsync(device, 300_000);
        string file = DataFileOf(path);
        byte[] bytes = File.ReadAllBytes(file);
        bytes[at] ^= 4;
        File.WriteAllBytes(file, bytes);
        await using DiskDevice damaged = Open(path);
        IDtObject found = damaged.Locate(s_file);
        Assert.Equal(Errno.EIO, (await ReadAsync(damaged, found, 0, 300_000)).Error);
        Assert.Equal(Errno.EIO, (await ReadAsync(damaged, found, at, 1)).Error);
        Assert.Equal(Errno.EIO, found.Read(at, new byte[1]).Error);
        // The rest is good, and the block is too once all of it is written again.
        int other = (at + 150_000) % 299_000;
        Assert.Equal(1, (await ReadAsync(damaged, found, other, 1)).Value);
        await WriteAsync(damaged, 300_000);
        Assert.Equal(300_000, (await ReadAsync(damaged, found, 0, 300_000)).Value);
    }

    [Fact]
    public async Task A_file_that_is_cut_or_gone_is_an_error()
    {
        string path = NewTarget();
        await using (DiskDevice device = Open(path))
            await WriteAsync(device, 300_000);
        string file = DataFileOf(path);
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..100_000]);
        await using (DiskDevice cut = Open(path))
        {
            Assert.Equal(Errno.EIO, (await ReadAsync(cut, cut.Locate(s_file), 0, 300_000)).Error);
            Assert.Equal(90_000, (await ReadAsync(cut, cut.Locate(s_file), 0, 90_000)).Value);
        }
        File.Delete(file);
        await using DiskDevice gone = Open(path);
        Assert.Equal(Errno.EIO, (await ReadAsync(gone, gone.Locate(s_file), 0, 10)).Error);
    }

    [Fact]
    public async Task A_journal_that_lost_what_was_durable_is_refused()
    {
        string path = NewTarget();
        string image = _directories.New();
        await using (DiskDevice device = Open(path))
        {
            await WriteAsync(device, 100);
            Assert.Equal(Errno.OK, await device.SyncAsync(TestContext.Current.CancellationToken));
            await WriteAsync(device, 100);
            Assert.Equal(Errno.OK, await device.SyncAsync(TestContext.Current.CancellationToken));
            CopyTo(path, image);
        }
        string journal = Assert.Single(Directory.EnumerateFiles(Path.Combine(image, "journal")));
        byte[] bytes = File.ReadAllBytes(journal);
        bytes[40] ^= 1;
        File.WriteAllBytes(journal, bytes);
        string why = Refused(Errno.EIO, image);
        Assert.Contains(journal, why, StringComparison.Ordinal);
        Assert.Contains("were durable, and cannot be read", why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_store_is_told()
    {
        string path = NewTarget();
        await using (DiskDevice device = Open(path))
            await WriteAsync(device, 100);
        string manifest = Directory.EnumerateFiles(Path.Combine(path, "meta"), "MANIFEST*").Single();
        byte[] bytes = File.ReadAllBytes(manifest);
        bytes.AsSpan(bytes.Length / 2).Fill(0xA5);
        File.WriteAllBytes(manifest, bytes);
        Assert.StartsWith(Path.Combine(path, "meta"), Refused(Errno.EIO, path), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_is_damaged_is_told_by_the_iterator()
    {
        await using DiskDevice device = Open(NewTarget());
        IDtObject directory = device.Locate(s_file);
        DtTransaction transaction = device.Begin();
        Assert.Equal(Errno.OK, transaction.Start());
        var attributes = new DtAttributes { Valid = DtValid.Mode, Mode = DtMode.Directory };
        Assert.Equal(Errno.OK, directory.Create(transaction, attributes, DtObjectFormat.Directory));
        Assert.Equal(Errno.OK, directory.Insert(transaction, "good"u8, new DtEntry(s_file, DtMode.Regular)));
        transaction.Stop();
        Assert.Equal(Errno.OK, await device.SyncAsync(TestContext.Current.CancellationToken));
        Assert.Equal((1, Errno.OK), Walk(directory));
        var batch = new DiskBatch();
        ulong number = ((DiskObject)device.Find(s_file).Value).Number;
        batch.Put(DiskKey.OfName(number, 1, "bad"u8, new byte[DiskKey.MaxNameSize]), new byte[3]);
        Assert.Equal(Errno.OK, device.Store.Apply(batch));
        Assert.Equal((1, Errno.EIO), Walk(directory));
    }

    [Fact]
    public async Task What_clients_write_is_no_record_of_the_journal()
    {
        string path = NewTarget();
        string image = _directories.New();
        // What would say that far more was durable than there is.
        byte[] forged = RecordOf(_directories.New());
        await using (DiskDevice device = Open(path))
        {
            await WriteAsync(device, 100);
            Assert.Equal(Errno.OK, await device.SyncAsync(TestContext.Current.CancellationToken));
            DtTransaction transaction = device.Begin();
            Assert.Equal(Errno.OK, transaction.Start());
            Assert.Equal(Errno.OK, device.Locate(s_file).Write(transaction, 0, forged));
            transaction.Stop();
            CopyTo(path, image);
        }
        string journal = Assert.Single(Directory.EnumerateFiles(Path.Combine(image, "journal")));
        byte[] bytes = File.ReadAllBytes(journal);
        int at = bytes.AsSpan().IndexOf(forged);
        Assert.True(at > 0);
        // Torn: its own record is not good.
        bytes[bytes.AsSpan(0, at).LastIndexOf(DiskJournal.MagicBytes) + 20] ^= 1;
        File.WriteAllBytes(journal, bytes);
        await using DiskDevice reopened = Open(image);
        Assert.Equal(100UL, Size(reopened));
    }

    [Fact]
    public async Task A_target_of_the_first_format_is_opened_with_its_journal_and_becomes_one_of_the_latest()
    {
        string path = NewTarget();
        string image = _directories.New();
        await using (DiskDevice device = Open(path))
        {
            await WriteAsync(device, 100);
            CopyTo(path, image);
        }
        Assert.Equal(Errno.OK, DiskFormat.Read(image, out DiskFormat? format));
        Assert.Equal(Errno.OK, (format! with { Version = 1 }).Write(image));
        string folder = Path.Combine(image, "journal");
        string file = Assert.Single(Directory.EnumerateFiles(folder));
        byte[] bytes = File.ReadAllBytes(file);
        File.Delete(file);
        var now = new DiskJournal(folder, null) { Seed = format.JournalSeed };
        var before = new DiskJournal(folder, null);
        int at = 0;
        while (now.TryRead(
            bytes.AsSpan(at), out JournalKind kind, out ulong sequence, out ReadOnlySpan<byte> payload, out int size))
        {
            before.Stage(kind, sequence, payload);
            at += size;
        }
        Assert.Equal(Errno.OK, before.WriteStaged(1));
        before.Close();
        await using (DiskDevice reopened = Open(image))
            Assert.Equal(100UL, Size(reopened));
        Assert.Equal(DiskFormat.Current, DiskDevice.FormatVersion(image));
    }

    static byte[] RecordOf(string folder)
    {
        Directory.CreateDirectory(folder);
        var journal = new DiskJournal(folder, null);
        journal.Stage(JournalKind.Committed, 1UL << 40, default);
        Assert.Equal(Errno.OK, journal.WriteStaged(1));
        journal.Close();
        return File.ReadAllBytes(Assert.Single(Directory.EnumerateFiles(folder)))[
            DiskJournal.HeadSize..(DiskJournal.HeadSize + DiskJournal.HeaderSize)];
    }

    static ulong Size(DiskDevice device)
    {
        Assert.Equal(Errno.OK, device.Locate(s_file).GetAttributes(out DtAttributes attributes));
        return attributes.Size;
    }

    static (int Names, Errno Error) Walk(IDtObject directory)
    {
        int found = 0;
        using DtDirectoryIterator iterator = directory.Iterate(0);
        while (iterator.MoveNext())
            found++;
        return (found, iterator.Error);
    }

    static void CopyTo(string path, string image)
    {
        foreach (string directory in new[] { "meta", "journal", "data" })
        {
            Directory.CreateDirectory(Path.Combine(image, directory));
            foreach (string file in Directory.EnumerateFiles(Path.Combine(path, directory)))
                File.Copy(file, Path.Combine(image, directory, Path.GetFileName(file)));
        }
        File.Copy(Path.Combine(path, "format"), Path.Combine(image, "format"));
    }

    string NewTarget()
    {
        string path = _directories.New();
        Assert.Equal(Errno.OK, DiskDevice.Format(path, _world.Context.Random));
        return path;
    }

    DiskDevice Open(string path)
    {
        Errno error = DiskDevice.Open(_world.Context, OptionsOf(path), out DiskDevice? device, out string why);
        Assert.True(error == Errno.OK, why);
        return device!;
    }

    string Refused(Errno expected, string path)
    {
        Errno error = DiskDevice.Open(_world.Context, OptionsOf(path), out DiskDevice? device, out string why);
        Assert.Equal(expected, error);
        Assert.Null(device);
        Assert.DoesNotContain('\n', why);
        return why;
    }

    static string DataFileOf(string path) => Assert.Single(
        Directory.EnumerateFiles(Path.Combine(path, "data"), "*", SearchOption.AllDirectories));

    static DiskDeviceOptions OptionsOf(string path) => new()
    {
        Path = path,
        CapacityBytes = 64 << 20,
        CommitDelay = TimeSpan.FromHours(1),
        JournalSegmentBytes = 1 << 20,
    };

    static async Task WriteAsync(DiskDevice device, int length)
    {
        IDtObject file = device.Locate(s_file);
        using DtBuffers buffers = device.NewBuffers();
        DtTransaction transaction = device.Begin();
        Assert.Equal(Errno.OK, transaction.Start());
        if (!file.Exists)
        {
            Assert.Equal(Errno.OK, file.Create(
                transaction, new DtAttributes { Valid = DtValid.Mode, Mode = DtMode.Regular }, DtObjectFormat.Regular));
        }
        Assert.Equal(Errno.OK, await file.GetWriteBuffersAsync(buffers, 0, length));
        foreach (IoVec vector in buffers.Vectors)
            vector.Span.Fill(7);
        Assert.Equal(Errno.OK, await file.CommitWriteAsync(transaction, buffers));
        transaction.Stop();
    }

    static async Task<Result<int>> ReadAsync(DiskDevice device, IDtObject file, long offset, int length)
    {
        using DtBuffers buffers = device.NewBuffers();
        Result<int> read = await file.GetReadBuffersAsync(buffers, offset, length);
        if (!read.Failed)
        {
            foreach (IoVec vector in buffers.Vectors)
                Assert.False(vector.Span.ContainsAnyExcept((byte)7));
        }
        return read;
    }
}
