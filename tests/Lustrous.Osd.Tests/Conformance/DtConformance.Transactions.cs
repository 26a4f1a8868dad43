using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Xunit;

namespace Lustrous.Osd.Tests.Conformance;

// Transactions, commits and room.
public abstract partial class DtConformance
{
    [Fact]
    public async Task Changes_are_seen_at_once_and_commit_later_in_order()
    {
        Make(new DtTestOptions { CommitDelay = TimeSpan.FromSeconds(5) });
        var committed = new List<int>();
        for (int i = 0; i < 3; i++)
        {
            int number = i;
            IDtObject made = Device.Locate(NewFid());
            Change(t =>
            {
                t.OnCommit((_, _, status) => committed.Add(status == Errno.OK ? number : -1), null);
                return made.Create(t, FileAttributes, DtObjectFormat.Regular);
            }, t => t.DeclareCreate());
            Assert.True(made.Exists);
            _world.Clock.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Empty(committed);
        ulong before = Device.CommittedSequence;
        await AdvanceUntilAsync(() => committed.Count == 3);
        Assert.Equal([0, 1, 2], committed);
        Assert.Equal(before + 3, Device.CommittedSequence);
    }

    [Fact]
    public async Task Sync_commits_now()
    {
        Make(new DtTestOptions { CommitDelay = TimeSpan.FromHours(1) });
        int committed = 0;
        Change(t =>
        {
            t.OnCommit((state, _, _) => committed += (int)state!, 1);
            t.OnCommit((state, _, _) => committed += (int)state!, 10);
            t.OnCommit((state, _, _) => committed += (int)state!, 100);
            return Errno.OK;
        });
        Assert.Equal(0, committed);
        Ok(await Device.SyncAsync(TestContext.Current.CancellationToken));
        Assert.Equal(111, committed);
        Ok(await Device.SyncAsync(TestContext.Current.CancellationToken));
        Assert.Equal(111, committed);
    }

    [Fact]
    public async Task A_sync_transaction_takes_along_what_stopped_before()
    {
        Make(new DtTestOptions { CommitDelay = TimeSpan.FromHours(1) });
        var committed = new List<ulong>();
        for (int i = 0; i < 3; i++)
        {
            bool isSync = i == 2;
            Change(t =>
            {
                t.IsSync = isSync;
                t.OnCommit((_, sequence, _) => committed.Add(sequence), null);
                return Errno.OK;
            });
        }
        await AdvanceUntilAsync(() => committed.Count == 3, TimeSpan.Zero);
        Assert.Equal([committed[0], committed[0] + 1, committed[0] + 2], committed);
    }

    [Fact]
    public async Task A_callback_may_start_the_next_transaction()
    {
        var committed = new List<string>();
        Change(t =>
        {
            t.OnCommit((_, _, _) =>
            {
                committed.Add("first");
                Change(next =>
                {
                    next.OnCommit((_, _, _) => committed.Add("second"), null);
                    return Errno.OK;
                });
                committed.Add("end of first");
            }, null);
            return Errno.OK;
        });
        await AdvanceUntilAsync(() => committed.Count == 3);
        Assert.Equal(["first", "end of first", "second"], committed);
    }

    [Fact]
    public void A_transaction_that_did_not_start_makes_no_callback_and_gives_its_room_back()
    {
        Ok(Device.Statfs(out ObdStatfs before));
        bool called = false;
        DtTransaction transaction = Device.Begin();
        Ok(transaction.DeclareWrite(Device.Locate(NewFid()), 0, 10 << 20));
        transaction.OnCommit((_, _, _) => called = true, null);
        transaction.Stop(Errno.EIO);
        Assert.False(called);
        Ok(Device.Statfs(out ObdStatfs after));
        Assert.Equal(before.BlocksAvailable, after.BlocksAvailable);
    }

    [Fact]
    public void Hooks_are_called_at_start_and_stop()
    {
        var hooks = new Hooks();
        DtTransaction transaction = Device.Begin();
        transaction.Hooks = hooks;
        Ok(transaction.Start());
        transaction.Stop(Errno.EIO);
        Assert.Equal([Errno.OK, Errno.EIO], hooks.Seen);

        hooks.Refuses = Errno.ENOSPC;
        transaction = Device.Begin();
        transaction.Hooks = hooks;
        Assert.Equal(Errno.ENOSPC, transaction.Start());
        transaction.Stop();
        Assert.Equal(3, hooks.Seen.Count);
    }

    [Fact]
    public void A_read_only_device_starts_nothing()
    {
        IDtObject file = NewFile();
        Device.IsReadOnly = true;
        DtTransaction transaction = Device.Begin();
        Assert.Equal(Errno.EROFS, transaction.Start());
        transaction.Stop();
        Assert.True(file.Exists);
        Ok(Device.Statfs(out ObdStatfs statfs));
        Assert.Equal(StatfsState.READONLY, statfs.State & StatfsState.READONLY);
        Device.IsReadOnly = false;
    }

    [Fact]
    public async Task A_full_device_says_so_before_anything_has_changed()
    {
        Make(new DtTestOptions { CapacityBytes = 8 << 20 });
        IDtObject file = NewFile();
        long offset = 0;
        while (await TryWriteAsync(file, offset, Pattern(1 << 20, 1)) == Errno.OK)
            offset += 1 << 20;
        Assert.InRange(offset, 4 << 20, 8 << 20);
        Assert.Equal((ulong)offset, AttributesOf(file).Size);
        // What is there can be overwritten, and what is deleted can be used again.
        await WriteAsync(file, 0, Pattern(1 << 20, 2));
        Assert.Equal(Pattern(1 << 20, 2), await ReadAsync(file, 0, 1 << 20));
        Change(t => file.Punch(t, 0, DtRange.Eof));
        Ok(await Device.SyncAsync(TestContext.Current.CancellationToken));
        await WriteAsync(file, 0, Pattern(1 << 20, 3));
    }

    [Fact]
    public void There_are_so_many_objects_and_no_more()
    {
        Make(new DtTestOptions { MaxObjects = 20 });
        Ok(Device.Statfs(out ObdStatfs statfs));
        DtTransaction transaction = Device.Begin();
        Assert.Equal(Errno.ENOSPC, transaction.DeclareCreate((int)statfs.FilesFree + 1));
        transaction.Stop();
        int made = 0;
        while (true)
        {
            transaction = Device.Begin();
            Errno error = transaction.DeclareCreate();
            if (error == Errno.OK)
            {
                Ok(transaction.Start());
                Ok(Device.Locate(NewFid()).Create(transaction, FileAttributes, DtObjectFormat.Regular));
            }
            transaction.Stop(error);
            if (error != Errno.OK)
                break;
            made++;
        }
        Assert.Equal((int)statfs.FilesFree, made);
    }

    [Fact]
    public async Task All_room_comes_back_when_all_is_destroyed()
    {
        Ok(Device.Statfs(out ObdStatfs before));
        IDtObject file = NewFile();
        IDtObject directory = NewDirectory();
        IDtObject index = NewObject(FileAttributes, DtObjectFormat.Index(8, 8));
        await WriteAsync(file, 12345, Pattern(3 << 20, 1));
        Change(t => file.Fallocate(t, DtFallocateModes.None, 0, 10 << 20), t => t.DeclareWrite(file, 0, 10 << 20));
        Change(t => file.SetXattr(t, "user.x"u8, new byte[5000]), t => t.DeclareXattr(5000));
        Change(t => file.SetXattr(t, "user.x"u8, new byte[50]), t => t.DeclareXattr(50));
        Insert(directory, Enumerable.Range(0, 1000).Select(i => $"name{i}"));
        Change(t => index.IndexInsert(t, [1, 2], [3]), t => t.DeclareInsert(2, 1));
        Change(t => index.IndexInsert(t, [1, 2], [3, 4, 5], replace: true), t => t.DeclareInsert(2, 3));
        Ok(Device.Statfs(out ObdStatfs used));
        Assert.True(used.BlocksAvailable + (10 << 20 >> 12) <= before.BlocksAvailable);
        Assert.Equal(before.FilesFree - 3, used.FilesFree);

        foreach (IDtObject dtObject in new[] { file, directory, index })
            Change(t => dtObject.Destroy(t));
        Ok(await Device.SyncAsync(TestContext.Current.CancellationToken));
        Ok(Device.Statfs(out ObdStatfs after));
        Assert.Equal((before.BlocksAvailable, before.FilesFree), (after.BlocksAvailable, after.FilesFree));
        Assert.Equal(_baseline, _world.Buffers.OutstandingBytes);
    }

    [Fact]
    public async Task Ranges_that_share_a_page_are_paid_for_once()
    {
        Ok(Device.Statfs(out ObdStatfs before));
        IDtObject file = NewFile();
        using (DtBuffers buffers = Device.NewBuffers())
        {
            Ok(await file.GetWriteBuffersAsync(buffers, 100, 50));
            Ok(await file.GetWriteBuffersAsync(buffers, 1000, 50));
            Ok(await file.GetWriteBuffersAsync(buffers, 500, 50));
            foreach (IoVec vector in buffers.Vectors)
                vector.Span.Fill(7);
            DtTransaction transaction = Device.Begin();
            Ok(transaction.DeclareWrite(file, buffers));
            Ok(transaction.Start());
            Ok(await file.CommitWriteAsync(transaction, buffers));
            transaction.Stop();
        }
        byte[] model = new byte[1050];
        model.AsSpan(100, 50).Fill(7);
        model.AsSpan(500, 50).Fill(7);
        model.AsSpan(1000, 50).Fill(7);
        Assert.Equal(model, await ReadAsync(file, 0, 2000));
        Change(t => file.Destroy(t));
        Ok(await Device.SyncAsync(TestContext.Current.CancellationToken));
        Ok(Device.Statfs(out ObdStatfs after));
        Assert.Equal(before.BlocksAvailable, after.BlocksAvailable);
    }

    [Fact]
    public void Statfs_is_what_clients_need()
    {
        Ok(Device.Statfs(out ObdStatfs statfs));
        Assert.Equal(64UL << 20, statfs.Blocks * statfs.BlockSize);
        Assert.Equal(255U, statfs.NameLength);
        Assert.Equal(1U << Device.Parameters.BlockBits, statfs.BlockSize);
        Assert.True(statfs.Maxbytes > 1UL << 40);
    }

    async Task AdvanceUntilAsync(Func<bool> reached, TimeSpan? step = null)
    {
        for (int i = 0; i < 100 && !reached(); i++)
        {
            _world.Clock.Advance(step ?? TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        Assert.True(reached());
    }

    sealed class Hooks : IDtTransactionHooks
    {
        public List<Errno> Seen { get; } = [];

        public Errno Refuses { get; set; }

        public Errno Starting(DtTransaction transaction)
        {
            Seen.Add(Refuses);
            return Refuses;
        }

        public void Stopping(DtTransaction transaction, Errno result)
        {
            Seen.Add(result);
            transaction.Finish();
        }
    }
}
