using Lustrous.Idl.Ldlm;
using Lustrous.Libcfs;
using Xunit;

namespace Lustrous.Llite.Tests;

public sealed class KernelCacheTests
{
    [Fact]
    public void A_lock_is_given_up_only_when_the_kernel_has_let_go() => LliteWorld.Run(async world =>
    {
        var kernel = new RecordingKernel();
        LliteClient one = await world.MountAsync(kernel), other = await world.MountAsync();
        LliteInode root = one.Mount.Root;
        await one.ListAsync(root);
        Assert.True((await one.StatAsync(root)).Value.MayCache);
        kernel.Calls.Clear();
        kernel.Busy = new TaskCompletionSource();
        Task<Result<LliteEntry>> making = other.MkdirAsync("d");
        await world.Delay(TimeSpan.FromSeconds(1));
        Assert.Contains($"data {root.Fid}", kernel.Calls);
        Assert.False(making.IsCompleted, "the directory was made while the kernel still had its entries");
        await one.RunAsync(() =>
        {
            kernel.Busy.SetResult();
            return Task.CompletedTask;
        });
        Assert.Equal(Errno.OK, (await making).Error);
    });

    [Fact]
    public void A_missing_name_that_the_kernel_keeps_is_taken_back_when_it_is_created() =>
        LliteWorld.Run(async world =>
        {
            var kernel = new RecordingKernel();
            LliteClient one = await world.MountAsync(kernel), other = await world.MountAsync();
            await one.ListAsync(one.Mount.Root);
            Result<LliteEntry> missing = await one.RunAsync(() => one.Mount.LookupAsync(
                one.Mount.Root, "d"u8, LliteClient.Root, default).AsTask());
            Assert.True(missing.Value.EntryMayCache);
            Assert.Null(missing.Value.Inode);
            Assert.Equal(Errno.OK, (await other.MkdirAsync("d")).Error);
            Assert.Contains("entry d", kernel.Calls);
            Assert.Equal(Errno.OK, (await one.LookupAsync("d")).Error);
        });

    [Fact]
    public void A_name_that_the_kernel_keeps_is_taken_back_when_it_goes() => LliteWorld.Run(async world =>
    {
        var kernel = new RecordingKernel();
        LliteClient one = await world.MountAsync(kernel), other = await world.MountAsync();
        await other.MkdirAsync("d");
        Result<LliteEntry> kept = await one.LookupAsync("d");
        Assert.True(kept.Value.EntryMayCache && kept.Value.AttributesMayCache);
        kernel.Calls.Clear();
        Assert.Equal(Errno.OK, await other.RenameAsync("d", "e"));
        Assert.Contains("entry d", kernel.Calls);
        Assert.Equal(Errno.ENOENT, (await one.LookupAsync("d")).Error);
    });

    [Fact]
    public void Attributes_that_change_elsewhere_are_taken_back() => LliteWorld.Run(async world =>
    {
        var kernel = new RecordingKernel();
        LliteClient one = await world.MountAsync(kernel), other = await world.MountAsync();
        await other.MkdirAsync("d");
        LliteInode here = (await one.LookupAsync("d")).Value.Inode!;
        LliteInode there = (await other.LookupAsync("d")).Value.Inode!;
        kernel.Calls.Clear();
        Result<LliteStat> set = await SetModeAsync(other, there, LliteClient.Root);
        Assert.Equal(0x41C0u, set.Value.Attributes.Mode);
        Assert.Contains(kernel.Calls, call => call.EndsWith($"{here.Fid}", StringComparison.Ordinal));
        Assert.Equal(0x41C0u, (await one.StatAsync(here)).Value.Attributes.Mode);
    });

    [Fact]
    public void A_directory_that_the_kernel_changes_itself_loses_the_lines_that_no_lock_covers_any_more() =>
        LliteWorld.Run(async world =>
        {
            var kernel = new RecordingKernel();
            LliteClient one = await world.MountAsync(kernel);
            LliteInode directory = (await one.MkdirAsync("d")).Value.Inode!;
            await one.ListAsync(directory);
            kernel.Calls.Clear();
            Assert.Equal(Errno.OK, (await SetModeAsync(one, directory, LliteClient.Root)).Error);
            Assert.Contains($"data {directory.Fid}", kernel.Calls);
        });

    [Fact]
    public void Of_a_file_that_the_kernel_changes_itself_it_is_told_by_the_answer_and_of_a_failure_at_once() =>
        LliteWorld.Run(async world =>
        {
            var kernel = new RecordingKernel();
            LliteClient one = await world.MountAsync(kernel);
            LliteInode file = (await one.CreateAsync("f")).Value.Entry.Inode!;
            await one.StatAsync(file);
            kernel.Calls.Clear();
            Result<LliteStat> told = await SetModeAsync(one, file, LliteClient.Root);
            Assert.Equal(0x81C0u, told.Value.Attributes.Mode);
            Assert.False(told.Value.MayCache);
            Assert.Empty(kernel.Calls);
            Assert.True((await one.StatAsync(file)).Value.MayCache);
            Assert.Equal(Errno.EPERM, (await SetModeAsync(one, file, new Credentials(1000, 1000))).Error);
            Assert.Contains($"attributes {file.Fid}", kernel.Calls);
        });

    static Task<Result<LliteStat>> SetModeAsync(LliteClient client, LliteInode inode, Credentials caller)
    {
        var mode = new LliteSetattr { Valid = SetattrFields.Mode, Mode = 0x1C0 };
        return client.RunAsync(() => client.Mount.SetattrAsync(inode, null, mode, caller, default).AsTask());
    }

    [Fact]
    public void An_operation_of_the_kernel_never_waits_for_its_own_invalidation() => LliteWorld.Run(async world =>
    {
        // The kernel holds the directory while it creates in it, and lets go of the directory's names only then.
        var kernel = new RecordingKernel();
        LliteClient one = await world.MountAsync(kernel);
        await one.ListAsync(one.Mount.Root);
        Result<LliteEntry> missing = await one.RunAsync(() => one.Mount.LookupAsync(
            one.Mount.Root, "x"u8, LliteClient.Root, default).AsTask());
        Assert.True(missing.Value.EntryMayCache);
        kernel.Busy = new TaskCompletionSource();
        Assert.Equal(Errno.OK, (await one.MkdirAsync("d")).Error);
        kernel.Busy.SetResult();
    });

    [Fact]
    public void A_directory_keeps_its_name_and_permissions_in_the_kernel_while_the_kernel_changes_it() =>
        LliteWorld.Run(async world =>
        {
            var kernel = new RecordingKernel();
            LliteClient one = await world.MountAsync(kernel), other = await world.MountAsync();
            await one.MkdirAsync("d");
            LliteInode directory = (await one.LookupAsync("d")).Value.Inode!;
            Assert.True((await one.StatAsync(directory)).Value.MayCache);
            kernel.Calls.Clear();
            for (int i = 0; i < 3; i++)
                Assert.Equal(Errno.OK, (await one.MkdirAsync($"x{i}", directory)).Error);
            Assert.Contains($"changes {directory.Fid}", kernel.Calls);
            Assert.DoesNotContain("entry d", kernel.Calls);
            Assert.DoesNotContain($"data {directory.Fid}", kernel.Calls);
            Assert.True(directory.Holds(InodeBits.LOOKUP | InodeBits.PERM));
            Assert.False(directory.Holds(InodeBits.UPDATE));

            // What others do there, and what failed, is told as ever.
            Assert.True((await one.StatAsync(directory)).Value.MayCache);
            Assert.NotEqual(Errno.OK, (await one.MkdirAsync("x0", directory)).Error);
            Assert.Contains($"data {directory.Fid}", kernel.Calls);
            LliteInode there = (await other.LookupAsync("d")).Value.Inode!;
            Assert.True((await one.StatAsync(directory)).Value.MayCache);
            kernel.Calls.Clear();
            Assert.Equal(Errno.OK, (await other.MkdirAsync("y", there)).Error);
            Assert.Contains($"data {directory.Fid}", kernel.Calls);
            Assert.DoesNotContain("entry d", kernel.Calls);
            Assert.Equal(6u, (await one.StatAsync(directory)).Value.Attributes.Nlink);
        });

    [Fact]
    public void Attributes_asked_for_after_each_change_follow_it_and_are_asked_for_once() =>
        LliteWorld.Run(async world =>
        {
            LliteClient one = await world.MountAsync(), other = await world.MountAsync();
            LliteInode directory = (await one.MkdirAsync("d")).Value.Inode!;
            for (uint i = 0; i < 5; i++)
            {
                long before = one.Requests;
                Assert.Equal(Errno.OK, (await one.MkdirAsync($"x{i}", directory)).Error);
                Assert.Equal(i + 3, (await one.StatAsync(directory)).Value.Attributes.Nlink);
                Assert.True(one.Requests - before <= 3, $"{one.Requests - before} requests for a mkdir and a stat");
            }
            LliteInode there = (await other.LookupAsync("d")).Value.Inode!;
            Assert.Equal(Errno.OK, (await other.MkdirAsync("y", there)).Error);
            Assert.Equal(8u, (await one.StatAsync(directory)).Value.Attributes.Nlink);

            // Once nobody asks any more, nothing follows.
            await one.MkdirAsync("z0", directory);
            await one.MkdirAsync("z1", directory);
            long unasked = one.Requests;
            await one.MkdirAsync("z2", directory);
            Assert.Equal(1, one.Requests - unasked);
        });

    [Fact]
    public void Whoever_makes_a_file_to_write_has_it_locked_and_its_size_known() => LliteWorld.Run(async world =>
    {
        LliteClient one = await world.MountAsync(), other = await world.MountAsync();
        Result<LliteCreated> made = await one.CreateAsync("f");
        // The create waits for no OST; whoever asks for the size waits for the lock that is on its way.
        Result<LliteStat> empty = await one.StatAsync(made.Value.Entry.Inode!);
        Assert.True(empty.Value.MayCache);
        Assert.Equal(0u, empty.Value.Attributes.Size);
        Assert.Equal(5, (await one.WriteAsync(made.Value.Opened.File, 0, "hello"u8.ToArray())).Value);
        Assert.Equal(5u, (await other.StatAsync((await other.LookupAsync("f")).Value.Inode!)).Value.Attributes.Size);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pages_that_a_mapping_may_change_are_taken_back_before_others_read(bool mayBeMapped) =>
        LliteWorld.Run(async world =>
        {
            var kernel = new RecordingKernel();
            LliteClient one = await world.MountAsync(kernel), other = await world.MountAsync();
            LliteFile there = (await other.CreateAsync("f")).Value.Opened.File;
            await other.WriteAsync(there, 0, new byte[10000]);
            LliteInode here = (await one.LookupAsync("f")).Value.Inode!;
            // Whoever reads through one handle has pages that another handle's mapping changes.
            LliteFile reader = await one.OpenAsync(here, default);
            LliteFile writer = await one.OpenAsync(
                here, mayBeMapped ? LliteOpenFlags.ReadWrite : LliteOpenFlags.WriteOnly);
            await one.RunAsync(async () =>
            {
                using PooledBuffer buffer = one.Mount.Context.Buffers.Take(4096);
                IoVec page = buffer.Slice(0, 4096);
                Assert.Equal(4096, (await one.Mount.ReadPagesAsync(reader, 4096, page, default)).Value);
            });
            kernel.Calls.Clear();

            await other.ReadAsync(there, 0, 10000);

            Assert.Equal(mayBeMapped, kernel.Calls.Contains($"data {here.Fid}"));
            // With the last such handle the reason is gone.
            Assert.Equal(Errno.OK, await one.CloseAsync(writer));
            await one.RunAsync(async () =>
            {
                using PooledBuffer buffer = one.Mount.Context.Buffers.Take(4096);
                await one.Mount.ReadPagesAsync(reader, 4096, buffer.Slice(0, 4096), default);
            });
            kernel.Calls.Clear();
            await other.ReadAsync(there, 0, 10000);
            Assert.DoesNotContain($"data {here.Fid}", kernel.Calls);
        });

    [Fact]
    public void What_the_kernel_forgets_leaves_the_table() => LliteWorld.Run(async world =>
    {
        LliteClient client = await world.MountAsync();
        LliteInode inode = (await client.MkdirAsync("d")).Value.Inode!;
        await client.LookupAsync("d");
        Assert.Equal(2, client.Mount.InodeCount);
        Assert.Same(inode, client.Mount.FindInode(inode.NodeId));
        client.Mount.Forget(inode.NodeId, 1);
        Assert.Same(inode, client.Mount.FindInode(inode.NodeId));
        client.Mount.Forget(inode.NodeId, 1);
        Assert.Null(client.Mount.FindInode(inode.NodeId));
        Assert.Equal(1, client.Mount.InodeCount);
        LliteInode again = (await client.LookupAsync("d")).Value.Inode!;
        Assert.NotEqual(inode.NodeId, again.NodeId);
    });
}
