using Lustrous.Libcfs;
using Xunit;

namespace Lustrous.Llite.Tests;

/// <summary>flock and fcntl locks of programs on two mounts.</summary>
public sealed class FileLockTests
{
    [Fact]
    public void A_lock_keeps_the_other_mount_off_until_it_is_given_back() => LliteWorld.Run(async world =>
    {
        (LliteClient one, LliteClient two, LliteFile here, LliteFile there) = await OpenOnTwoAsync(world);
        Assert.Equal(Errno.OK, await LockAsync(one, here, FileLockType.Write, owner: 1));
        Assert.Equal(Errno.EAGAIN, await LockAsync(two, there, FileLockType.Read, owner: 2, mayWait: false));
        Result<LliteFileLock> found = await two.RunAsync(
            () => two.Mount.TestLockAsync(there, Range(FileLockType.Read, 2), default).AsTask());
        Assert.Equal((FileLockType.Write, 11U), (found.Value.Type, found.Value.Pid));
        Task<Errno> waiting = LockAsync(two, there, FileLockType.Read, owner: 2);
        await world.Delay(TimeSpan.FromSeconds(2));
        Assert.False(waiting.IsCompleted);
        Assert.Equal(Errno.OK, await LockAsync(one, here, FileLockType.Unlock, owner: 1));
        Assert.Equal(Errno.OK, await waiting);
        await one.CloseAsync(here);
        await two.CloseAsync(there);
    });

    [Fact]
    public void Closing_any_descriptor_gives_the_process_its_locks_back() => LliteWorld.Run(async world =>
    {
        (LliteClient one, LliteClient two, LliteFile here, LliteFile there) = await OpenOnTwoAsync(world);
        Assert.Equal(Errno.OK, await LockAsync(one, here, FileLockType.Write, owner: 1));
        Assert.Equal(Errno.OK, await LockAsync(one, here, FileLockType.Read, owner: 3, start: 1000));
        LliteFile again = await one.OpenAsync(here.Inode, LliteOpenFlags.None);
        Assert.Equal(Errno.OK, await one.RunAsync(() => one.Mount.FlushAsync(again, lockOwner: 1).AsTask()));
        Assert.Equal(Errno.OK, await LockAsync(two, there, FileLockType.Write, owner: 2, mayWait: false));
        // Another process's are still there.
        Assert.Equal(
            Errno.EAGAIN, await LockAsync(two, there, FileLockType.Write, owner: 2, mayWait: false, start: 1000));
        Assert.Equal(Errno.OK, await one.CloseAsync(again));
        Assert.Equal(Errno.OK, await one.CloseAsync(here));
        Assert.Equal(Errno.OK, await LockAsync(two, there, FileLockType.Write, owner: 2, mayWait: false, start: 1000));
        await two.CloseAsync(there);
    });

    [Fact]
    public void A_mount_that_dies_holds_nobody_up_for_ever() => LliteWorld.Run(async world =>
    {
        (LliteClient one, LliteClient two, LliteFile here, LliteFile there) = await OpenOnTwoAsync(world);
        Assert.Equal(Errno.OK, await LockAsync(one, here, FileLockType.Write, owner: 1));
        Task<Errno> waiting = LockAsync(two, there, FileLockType.Write, owner: 2);
        one.Crash();
        Assert.Equal(Errno.OK, await waiting);
        await two.CloseAsync(there);
    });

    [Fact]
    public void A_close_that_has_nothing_to_give_back_asks_nobody() => LliteWorld.Run(async world =>
    {
        (LliteClient one, _, LliteFile here, LliteFile there) = await OpenOnTwoAsync(world);
        ValueTask<Errno> flushed = default;
        await one.RunAsync(() =>
        {
            flushed = one.Mount.FlushAsync(here, lockOwner: 1);
            Assert.True(flushed.IsCompleted);
            return Task.CompletedTask;
        });
        Assert.Equal(Errno.OK, await flushed);
        Assert.NotNull(there);
    });

    static async Task<(LliteClient One, LliteClient Two, LliteFile Here, LliteFile There)> OpenOnTwoAsync(
        LliteWorld world)
    {
        LliteClient one = await world.MountAsync(), two = await world.MountAsync();
        LliteFile here = (await one.CreateAsync("f")).Value.Opened.File;
        LliteInode inode = (await two.LookupAsync("f")).Value.Inode!;
        return (one, two, here, await two.OpenAsync(inode, LliteOpenFlags.ReadWrite));
    }

    static Task<Errno> LockAsync(
        LliteClient client, LliteFile file, FileLockType type, ulong owner, bool mayWait = true, ulong start = 0) =>
        client.RunAsync(() => client.Mount.LockAsync(file, Range(type, owner, start), mayWait, default).AsTask());

    static LliteFileLock Range(FileLockType type, ulong owner, ulong start = 0) =>
        new(type, start, start + 99, owner, 10 + (uint)owner);
}
