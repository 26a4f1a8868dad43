using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Disk;
using Lustrous.Osd.Tests.Support;
using Xunit;

namespace Lustrous.Osd.Tests.Disk;

/// <summary>Disks that are full, can only be read, or fail, on real file systems: what is wrong is told with the target
/// and the file, no wrong bytes are given out, nothing waits for ever, and other targets go on.</summary>
public sealed class DiskFileSystemTests : IDisposable
{
    const int FileBytes = 256 << 10;

    readonly DiskDirectoryFixture _directories = new();
    readonly DtWorld _world = new();

    public void Dispose() => _directories.Dispose();

    [Fact]
    public async Task A_full_disk_refuses_what_takes_room_and_what_removes_makes_room()
    {
        using var disk = new LoopDisk("64M");
        await using DiskDevice device = OpenNew(disk.New("target"));
        for (int round = 0; round < 3; round++)
        {
            int files = await FillAsync(device);
            Assert.InRange(files, 100, 256);
            await CheckAsync(device, files);
            for (uint id = 0; id < files; id++)
                Destroy(device, id);
            // Room that was given back is there after the commit behind its own.
            await SyncAsync(device);
            await SyncAsync(device);
        }
        Assert.True(_world.Errors.IsEmpty, string.Join("\n", _world.Errors));
        Assert.Equal((0, 0), device.CheckAccounts(repair: false));
        Assert.Equal((0, 0), device.UsedRoom);
    }

    [Fact]
    public async Task A_disk_full_of_names_is_emptied_again()
    {
        using var disk = new LoopDisk("64M");
        await using DiskDevice device = OpenNew(disk.New("target"));
        int first = 0;
        for (int round = 0; round < 2; round++)
        {
            int made = 0;
            while (TryMakeSmall(device, (uint)made) is var error
                && (error == Errno.OK || !await IsFullAsync(error, device)))
            {
                if (error == Errno.OK && ++made % 1000 == 0)
                    await SyncAsync(device);
            }
            first = round == 0 ? made : first;
            Assert.InRange(made, first / 2, int.MaxValue);
            for (uint id = 0; id < made; id++)
            {
                Destroy(device, id);
                if (id % 1000 == 999)
                    await SyncAsync(device);
            }
            await SyncAsync(device);
            await SyncAsync(device);
        }
        Assert.True(first > 5000, $"{first} objects");
        Assert.True(_world.Errors.IsEmpty, string.Join("\n", _world.Errors));
    }

    [Fact]
    public async Task A_disk_that_others_fill_refuses_what_takes_room_until_they_remove_it()
    {
        using var disk = new LoopDisk("64M");
        await using DiskDevice device = OpenNew(disk.New("target"));
        await using DiskDevice other = OpenNew(_directories.New());
        await WriteAsync(device, 0);
        await WriteAsync(device, 1);
        await SyncAsync(device);
        string filler = LoopDisk.Fill(disk.MountPoint);
        Assert.Equal(Errno.ENOSPC, await TryWriteAsync(device, 2));
        Assert.Equal(Errno.OK, device.Statfs(out var full));
        Assert.Equal(0UL, full.BlocksFree);
        Destroy(device, 1);
        await SyncAsync(device);
        await CheckAsync(device, 1);
        Assert.Equal(Errno.OK, await TryWriteAsync(other, 2));
        File.Delete(filler);
        Assert.Equal(Errno.OK, await TryWriteAsync(device, 1));
        await CheckAsync(device, 2);
        Assert.True(_world.Errors.IsEmpty, string.Join("\n", _world.Errors));
    }

    [Fact]
    public async Task A_read_only_disk_is_refused_and_named()
    {
        using var disk = new LoopDisk("64M");
        string path = disk.New("target");
        await OpenNew(path).DisposeAsync();
        disk.MakeReadOnly();
        Errno error = DiskDevice.Open(_world.Context, OptionsOf(path), out _, out string why);
        Assert.Equal(Errno.EROFS, error);
        Assert.Equal($"{path}/lock: cannot be opened for writing (EROFS)", why);
    }

    [Fact]
    public async Task A_disk_that_becomes_read_only_ends_writing_and_not_reading()
    {
        using var disk = new LoopDisk("64M");
        await using DiskDevice device = OpenNew(disk.New("target"));
        await using DiskDevice other = OpenNew(_directories.New());
        await WriteAsync(device, 0);
        await SyncAsync(device);
        disk.Abort();
        await CheckFailedAsync(disk, device);
        await CheckAsync(device, 1);
        await WriteAsync(other, 0);
        await SyncAsync(other);
        await CheckAsync(other, 1);
    }

    [Fact]
    public async Task A_disk_that_cannot_be_written_ends_writing_and_keeps_what_was_promised()
    {
        using var disk = new LoopDisk("256M", memory: "60M");
        string path = disk.New("target");
        await using DiskDevice device = OpenNew(path);
        await using DiskDevice other = OpenNew(_directories.New());
        await WriteAsync(device, 0);
        await SyncAsync(device);
        disk.FailWrites();
        await CheckFailedAsync(disk, device);
        await CheckAsync(device, 1);
        await WriteAsync(other, 0);
        await SyncAsync(other);
        await CheckAsync(other, 1);
    }

    [Fact]
    public async Task A_block_that_cannot_be_read_is_an_error_of_its_file_alone()
    {
        using var disk = new LoopDisk("64M");
        string path = disk.New("target");
        await using DiskDevice device = OpenNew(path);
        await WriteAsync(device, 0);
        await WriteAsync(device, 1);
        await SyncAsync(device);
        // Which lies behind on the disk.
        string file = device.Files.PathOf(((DiskObject)device.Find(FidOf(1)).Value).Number);
        disk.FailReadsFrom(file);
        Assert.Equal(Errno.EIO, (await ReadAsync(device, 1)).Error);
        string told = Assert.Single(_world.Errors);
        Assert.StartsWith($"{device.Name}: {file} of object {FidOf(1)}: block 0 cannot be read (EIO)", told,
            StringComparison.Ordinal);
        await CheckAsync(device, 1);
    }

    /// <summary>Sooner or later the disk is found to fail; then that was told once, and nothing is taken any more.
    /// </summary>
    async Task CheckFailedAsync(LoopDisk disk, DiskDevice device)
    {
        Errno error = Errno.OK;
        for (uint id = 1; id < 200 && error == Errno.OK; id++)
        {
            error = await TryWriteAsync(device, id);
            if (error == Errno.OK)
                error = await device.SyncAsync(TestContext.Current.CancellationToken);
        }
        Assert.True(error is Errno.EIO or Errno.ENOSPC, $"{error}");
        // What failed may have been the write of a body, which its writer hears of; a commit fails for all.
        if (!device.IsFailed)
            Assert.Equal(Errno.EIO, await CommitSmallAsync(device));
        Assert.Contains(_world.Errors, e => e.StartsWith($"{device.Name}: {disk.MountPoint}", StringComparison.Ordinal)
            && e.EndsWith("nothing is written to this target any more", StringComparison.Ordinal));
        Assert.Equal(Errno.EIO, TryMakeSmall(device, 999));
        Assert.Equal(Errno.OK, device.Statfs(out var statfs));
        Assert.NotEqual(0U, (uint)(statfs.State & StatfsState.READONLY));
    }

    static async Task<Errno> CommitSmallAsync(DiskDevice device)
    {
        Errno error = Errno.OK;
        for (uint id = 500; id < 900 && error == Errno.OK; id++)
        {
            error = TryMakeSmall(device, id);
            if (error == Errno.OK)
                error = await device.SyncAsync(TestContext.Current.CancellationToken);
        }
        return error;
    }

    /// <summary>Writes files until there is no room; how many.</summary>
    async Task<int> FillAsync(DiskDevice device)
    {
        for (uint id = 0; ; id++)
        {
            Errno error = await TryWriteAsync(device, id);
            if (error != Errno.OK && await IsFullAsync(error, device))
                error = await TryWriteAsync(device, id);
            if (error == Errno.OK)
                continue;
            Assert.Equal(Errno.ENOSPC, error);
            return (int)id;
        }
    }

    /// <summary>Full also once what was given back is there.</summary>
    async Task<bool> IsFullAsync(Errno error, DiskDevice device)
    {
        Assert.Equal(Errno.ENOSPC, error);
        await SyncAsync(device);
        await SyncAsync(device);
        return true;
    }

    async Task SyncAsync(DiskDevice device)
    {
        Errno error = await device.SyncAsync(TestContext.Current.CancellationToken);
        Assert.True(error == Errno.OK, string.Join("\n", _world.Errors));
    }

    static async Task WriteAsync(DiskDevice device, uint id) =>
        Assert.Equal(Errno.OK, await TryWriteAsync(device, id));

    static async Task<Errno> TryWriteAsync(DiskDevice device, uint id)
    {
        IDtObject file = device.Locate(FidOf(id));
        using DtBuffers buffers = device.NewBuffers();
        DtTransaction transaction = device.Begin();
        bool isNew = !file.Exists;
        Errno error = isNew ? transaction.DeclareCreate() : Errno.OK;
        if (error == Errno.OK)
            error = transaction.DeclareWrite(file, 0, FileBytes);
        if (error == Errno.OK)
            error = transaction.Start();
        if (error == Errno.OK && isNew)
            error = file.Create(transaction, Attributes, DtObjectFormat.Regular);
        if (error == Errno.OK)
        {
            error = await file.GetWriteBuffersAsync(buffers, 0, FileBytes);
            foreach (IoVec vector in buffers.Vectors)
                vector.Span.Fill((byte)(id + 1));
            if (error == Errno.OK)
                error = await file.CommitWriteAsync(transaction, buffers);
            if (error != Errno.OK && isNew)
                Assert.Equal(Errno.OK, file.Destroy(transaction));
        }
        transaction.Stop(error);
        return error;
    }

    static Errno TryMakeSmall(DiskDevice device, uint id)
    {
        IDtObject file = device.Locate(FidOf(id));
        DtTransaction transaction = device.Begin();
        Errno error = transaction.DeclareCreate();
        if (error == Errno.OK)
            error = transaction.DeclareXattr(2000);
        if (error == Errno.OK)
            error = transaction.Start();
        if (error == Errno.OK)
        {
            Assert.Equal(Errno.OK, file.Create(transaction, Attributes, DtObjectFormat.Regular));
            byte[] value = new byte[2000];
            Random.Shared.NextBytes(value);
            Assert.Equal(Errno.OK, file.SetXattr(transaction, "trusted.x"u8, value));
        }
        transaction.Stop(error);
        return error;
    }

    static void Destroy(DiskDevice device, uint id)
    {
        DtTransaction transaction = device.Begin();
        Assert.Equal(Errno.OK, transaction.Start());
        Assert.Equal(Errno.OK, device.Locate(FidOf(id)).Destroy(transaction));
        transaction.Stop();
    }

    static async Task CheckAsync(DiskDevice device, int files)
    {
        for (uint id = 0; id < files; id++)
            Assert.Equal(FileBytes, (await ReadAsync(device, id)).Value);
    }

    static async Task<Result<int>> ReadAsync(DiskDevice device, uint id)
    {
        using DtBuffers buffers = device.NewBuffers();
        Result<int> read = await device.Locate(FidOf(id)).GetReadBuffersAsync(buffers, 0, FileBytes);
        if (!read.Failed)
        {
            foreach (IoVec vector in buffers.Vectors)
                Assert.False(vector.Span.ContainsAnyExcept((byte)(id + 1)));
        }
        return read;
    }

    static DtAttributes Attributes => new() { Valid = DtValid.Mode, Mode = DtMode.Regular };

    static Fid FidOf(uint id) => new(FidSeq.NORMAL, id + 1);

    static DiskDeviceOptions OptionsOf(string path) => new() { Path = path, CommitDelay = TimeSpan.FromHours(1) };

    DiskDevice OpenNew(string path)
    {
        Assert.Equal(Errno.OK, DiskDevice.Format(path, _world.Context.Random));
        Errno error = DiskDevice.Open(_world.Context, OptionsOf(path), out DiskDevice? device, out string why);
        Assert.True(error == Errno.OK, why);
        return device!;
    }
}
