using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Lustrous.Idl.Fids;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Disk;
using Lustrous.Osd.Disk.Store;
using Lustrous.Osd.Tests.Support;
using Xunit;

namespace Lustrous.Osd.Tests.Disk;

/// <summary>What a device knows without its store is right, and what it keeps in memory is bounded.</summary>
public sealed class DiskMemoryTests : IDisposable
{
    const ulong Sequence = FidSeq.NORMAL + 7;
    const int FewestObjects = 1000;

    static readonly Fid s_directory = new(FidSeq.NORMAL, 1);
    readonly DiskDirectoryFixture _directories = new();
    readonly DtWorld _world = new();

    public void Dispose() => _directories.Dispose();

    [Fact]
    public async Task Objects_leave_memory_when_there_are_many_whether_they_were_made_or_only_read()
    {
        const int objects = 4 * FewestObjects;
        string path = NewTarget();
        await using (DiskDevice device = Open(path))
        {
            for (uint i = 1; i <= objects; i++)
                Make(device, new Fid(Sequence, i), DtObjectFormat.Regular);
            Assert.InRange(device.CachedObjects, objects, objects + 1);
            await SettleAsync(device);
            Assert.InRange(device.CachedObjects, 1, FewestObjects);
        }
        await using DiskDevice again = Open(path);
        for (uint i = 1; i <= objects; i++)
        {
            Assert.Equal(Errno.OK, again.Locate(new Fid(Sequence, i)).GetAttributes(out _));
            // The sweep may find those used lately, and goes on with the next.
            Assert.InRange(again.CachedObjects, 1, FewestObjects + FewestObjects / 2);
        }
    }

    [Fact]
    public async Task Objects_above_the_highest_are_not_there_and_those_below_it_are_looked_for()
    {
        string path = NewTarget();
        await using (DiskDevice device = Open(path))
        {
            foreach (uint id in (uint[])[10, 5, 3000])
                Make(device, new Fid(Sequence, id), DtObjectFormat.Regular);
        }
        await using DiskDevice again = Open(path);
        Make(again, new Fid(Sequence, 2000), DtObjectFormat.Regular);
        for (uint id = 4000; id < 4000 + 2 * FewestObjects; id++)
            Make(again, new Fid(Sequence, id), DtObjectFormat.Regular);
        await SettleAsync(again);
        foreach (uint id in (uint[])[5, 10, 2000, 3000, 4000, 4000 + 2 * FewestObjects - 1])
            Assert.Equal(Errno.OK, again.Find(new Fid(Sequence, id)).Error);
        foreach (uint id in (uint[])[4, 11, 3001, 4000 + 2 * FewestObjects, uint.MaxValue])
            Assert.Equal(Errno.ENOENT, again.Find(new Fid(Sequence, id)).Error);
    }

    [Fact]
    public async Task A_directory_knows_its_names_while_they_come_and_go_and_when_it_is_read_again()
    {
        string path = NewTarget();
        var random = new SeededRandom(3);
        var model = new HashSet<int>();
        await using (DiskDevice device = Open(path))
        {
            Make(device, s_directory, DtObjectFormat.Directory);
            for (int i = 0; i < 40_000; i++)
                Toggle(device, model, random.Next(3000));
            Compare(device, model, 3000);
        }
        await using DiskDevice again = Open(path);
        Compare(again, model, 3000);
        // Now it has learned them.
        for (int i = 0; i < 5000; i++)
            Toggle(again, model, random.Next(6000));
        Compare(again, model, 6000);
    }

    [Fact]
    public void A_filter_of_names_denies_none_it_has_and_nearly_all_others()
    {
        var random = new SeededRandom(5);
        var filter = new DiskNameFilter();
        var added = new List<ulong>();
        Assert.False(filter.MayHave(1));
        for (int i = 0; i < 100_000; i++)
        {
            long more = filter.MoreBytes, bytes = filter.Bytes;
            added.Add(random.NextUInt64());
            filter.Add(added[^1]);
            Assert.Equal(more, filter.Bytes - bytes);
        }
        Assert.All(added, hash => Assert.True(filter.MayHave(hash)));
        int wrong = 0;
        for (int i = 0; i < 100_000; i++)
            wrong += filter.MayHave(random.NextUInt64()) ? 1 : 0;
        Assert.InRange(wrong, 0, 1000);
        Assert.InRange(filter.Bytes, 100_000, 2_000_000);
    }

    [Fact]
    public async Task Extended_attributes_of_format_3_are_read_and_move_into_the_record()
    {
        string path = NewTarget();
        var fid = new Fid(Sequence, 1);
        await using (DiskDevice device = Open(path))
        {
            Make(device, fid, DtObjectFormat.Regular);
            Change(device, tx => device.Locate(fid).SetXattr(tx, "user.x"u8, "value"u8));
            Assert.Equal(Errno.OK, await device.SyncAsync(TestContext.Current.CancellationToken));
            MoveXattrsOut(device, fid);
        }
        Assert.Equal(Errno.OK, DiskFormat.Read(path, out DiskFormat? format));
        Assert.Equal(Errno.OK, (format! with { Version = 3 }).Write(path));
        byte[] value = new byte[5];
        await using (DiskDevice upgraded = Open(path))
        {
            Assert.Equal(5, upgraded.Locate(fid).GetXattr("user.x"u8, value).Value);
            Assert.NotNull(XattrKeyOf(upgraded, fid));
            Change(upgraded, tx => upgraded.Locate(fid).SetXattr(tx, "user.y"u8, "other"u8));
            Assert.Equal(Errno.OK, await upgraded.SyncAsync(TestContext.Current.CancellationToken));
            Assert.Null(XattrKeyOf(upgraded, fid));
        }
        Assert.Equal(DiskFormat.Current, DiskDevice.FormatVersion(path));
        await using DiskDevice again = Open(path);
        Assert.Equal(5, again.Locate(fid).GetXattr("user.x"u8, value).Value);
        Assert.Equal("value", Encoding.ASCII.GetString(value));
        // One that is too large for the record takes all of them out of it, and back again when it is gone.
        Change(again, tx => again.Locate(fid).SetXattr(tx, "user.z"u8, new byte[2000]));
        Assert.Equal(Errno.OK, await again.SyncAsync(TestContext.Current.CancellationToken));
        Assert.NotNull(XattrKeyOf(again, fid));
        Change(again, tx => again.Locate(fid).DeleteXattr(tx, "user.z"u8));
        Assert.Equal(Errno.OK, await again.SyncAsync(TestContext.Current.CancellationToken));
        Assert.Null(XattrKeyOf(again, fid));
        Assert.Equal((0, 0), again.CheckAccounts(repair: false));
    }

    /// <summary>As format 3 had them.</summary>
    static void MoveXattrsOut(DiskDevice device, Fid fid)
    {
        byte[] room = new byte[DiskKey.ObjectSize];
        byte[] key = DiskKey.OfObject(fid, room).ToArray();
        Assert.Equal(Errno.OK, device.Store.Get(key, out byte[]? value));
        DiskObjectRecord record = MemoryMarshal.Read<DiskObjectRecord>(value);
        Assert.Equal(DiskObjectFlags.XattrsInRecord, record.Flags);
        record.Flags = DiskObjectFlags.HasXattrs;
        var batch = new DiskBatch();
        batch.Put(key, MemoryMarshal.AsBytes(new ReadOnlySpan<DiskObjectRecord>(in record)));
        batch.Put(DiskKey.OfNumber(DiskKey.Xattrs, record.Number, room), value.AsSpan(DiskObjectRecord.StoredSize));
        Assert.Equal(Errno.OK, device.Store.Apply(batch));
    }

    static byte[]? XattrKeyOf(DiskDevice device, Fid fid)
    {
        ulong number = ((DiskObject)device.Find(fid).Value).Number;
        Assert.Equal(Errno.OK, device.Store.Get(
            DiskKey.OfNumber(DiskKey.Xattrs, number, new byte[DiskKey.PrefixSize]), out byte[]? value));
        return value;
    }

    static void Toggle(DiskDevice device, HashSet<int> model, int name)
    {
        bool isThere = model.Contains(name);
        IDtObject directory = device.Locate(s_directory);
        Change(device, tx => isThere
            ? directory.Remove(tx, NameOf(name))
            : directory.Insert(tx, NameOf(name), new DtEntry(s_directory, DtMode.Regular)));
        Assert.True(isThere ? model.Remove(name) : model.Add(name));
    }

    static void Compare(DiskDevice device, HashSet<int> model, int names)
    {
        IDtObject directory = device.Locate(s_directory);
        for (int i = 0; i < names; i++)
            Assert.Equal(model.Contains(i) ? Errno.OK : Errno.ENOENT, directory.Lookup(NameOf(i), out _));
    }

    static byte[] NameOf(int name) => Encoding.ASCII.GetBytes(name.ToString(CultureInfo.InvariantCulture));

    static void Make(DiskDevice device, Fid fid, DtObjectFormat format) => Change(device, tx =>
        device.Locate(fid).Create(tx, new DtAttributes
        {
            Valid = DtValid.Mode,
            Mode = format.Kind == DtObjectKind.Directory ? DtMode.Directory : DtMode.Regular,
        }, format));

    static void Change(DiskDevice device, Func<DtTransaction, Errno> change)
    {
        DtTransaction transaction = device.Begin();
        Assert.Equal(Errno.OK, transaction.Start());
        Assert.Equal(Errno.OK, change(transaction));
        transaction.Stop();
    }

    /// <summary>The first sweep finds all of them used lately.</summary>
    static async Task SettleAsync(DiskDevice device)
    {
        for (int i = 0; i < 4; i++)
        {
            Change(device, tx => Errno.OK);
            Assert.Equal(Errno.OK, await device.SyncAsync(TestContext.Current.CancellationToken));
        }
    }

    string NewTarget()
    {
        string path = _directories.New();
        Assert.Equal(Errno.OK, DiskDevice.Format(path, _world.Context.Random));
        return path;
    }

    DiskDevice Open(string path)
    {
        var options = new DiskDeviceOptions
        {
            Path = path,
            CapacityBytes = 256 << 20,
            CommitDelay = TimeSpan.FromHours(1),
            MemoryBytes = 256 << 10,
        };
        Errno error = DiskDevice.Open(_world.Context, options, out DiskDevice? device, out string why);
        Assert.True(error == Errno.OK, why);
        return device!;
    }
}
