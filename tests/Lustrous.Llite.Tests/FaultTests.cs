using Lustrous.Libcfs;
using Xunit;

namespace Lustrous.Llite.Tests;

public sealed class FaultTests
{
    [Fact]
    public void Unmounting_ends_although_the_servers_are_gone() => LliteWorld.Run(async world =>
    {
        LliteClient client = await world.MountAsync();
        LliteFile file = (await client.CreateAsync("f")).Value.Opened.File;
        await client.WriteAsync(file, 0, new byte[100_000]);
        world.CrashServer();
        TimeSpan start = client.Mount.Context.Uptime;
        Errno status = await client.RunAsync(() => client.Mount.UmountAsync().AsTask());
        Assert.Equal(Errno.EIO, status);
        TimeSpan took = client.Mount.Context.Uptime - start;
        Assert.True(took <= TimeSpan.FromSeconds(client.Mount.Options.UmountTimeoutSeconds + 1), $"{took}");
    });

    [Fact]
    public void A_client_that_dies_with_locks_holds_the_others_up_for_a_while_only() =>
        LliteWorld.Run(async world =>
        {
            LliteClient one = await world.MountAsync(), other = await world.MountAsync();
            await one.ListAsync(one.Mount.Root);
            LliteFile file = (await one.CreateAsync("f")).Value.Opened.File;
            await one.WriteAsync(file, 0, new byte[5000]);
            LliteInode there = (await other.LookupAsync("f")).Value.Inode!;
            one.Crash();
            Assert.Equal(Errno.OK, (await other.MkdirAsync("d")).Error);
            LliteFile again = await other.OpenAsync(there, LliteOpenFlags.ReadWrite);
            Assert.Equal(10, (await other.WriteAsync(again, 0, new byte[10])).Value);
            Assert.Equal(Errno.OK, await other.CloseAsync(again));
        });

    [Fact]
    public void A_client_that_was_evicted_forgets_what_it_knew() => LliteWorld.Run(async world =>
    {
        var kernel = new RecordingKernel();
        LliteClient one = await world.MountAsync(kernel), other = await world.MountAsync();
        await one.MkdirAsync("a");
        await one.ListAsync(one.Mount.Root);
        await one.LookupAsync("a");
        world.Cut(one);
        Assert.Equal(Errno.OK, (await other.MkdirAsync("b")).Error);
        Assert.Equal(Errno.OK, await other.RenameAsync("a", "c"));
        world.Mend(one);
        await world.Delay(TimeSpan.FromMinutes(2));
        Assert.Contains("entry a", kernel.Calls);
        Assert.Equal(Errno.ENOENT, (await one.LookupAsync("a")).Error);
        Assert.Equal(Errno.OK, (await one.LookupAsync("c")).Error);
        Assert.Equal(4, (await one.ListAsync(one.Mount.Root)).Names.Count);
    });

    [Fact]
    public void Who_waits_for_attributes_asked_for_ahead_can_be_interrupted() => LliteWorld.Run(async world =>
    {
        LliteClient one = await world.MountAsync();
        LliteInode directory = (await one.MkdirAsync("d")).Value.Inode!;
        for (int i = 0; i < 2; i++)
        {
            await one.MkdirAsync($"x{i}", directory);
            await one.StatAsync(directory);
        }
        world.Cut(one);
        Task<Result<LliteEntry>> making = one.MkdirAsync("x2", directory);
        await world.Delay(TimeSpan.FromSeconds(1));     // its locks are given up by now
        await InterruptedAsync(world, one, directory);
        Assert.NotNull(directory.Fetching);
        world.Mend(one);
        Assert.Equal(Errno.OK, (await making).Error);
        Assert.Equal(5u, (await one.StatAsync(directory)).Value.Attributes.Nlink);
    });

    [Fact]
    public void Who_waits_for_the_lock_of_a_new_file_can_be_interrupted() => LliteWorld.Run(async world =>
    {
        LliteClient one = await world.MountAsync();
        LliteCreated made = (await one.CreateAsync("f")).Value;
        world.Cut(one);
        await InterruptedAsync(world, one, made.Entry.Inode!);
        world.Mend(one);
        Assert.Equal(5, (await one.WriteAsync(made.Opened.File, 0, "hello"u8.ToArray())).Value);
        Assert.Equal(5u, (await one.StatAsync(made.Entry.Inode!)).Value.Attributes.Size);
    });

    // A stat that waits for a server which does not answer, and gets a signal.
    static async Task InterruptedAsync(LliteWorld world, LliteClient client, LliteInode inode)
    {
        using var signal = new CancellationTokenSource();
        Task<Result<LliteStat>> asking = client.RunAsync(
            () => client.Mount.GetattrAsync(inode, null, new Credentials(0, 0), signal.Token).AsTask());
        await world.Delay(TimeSpan.FromSeconds(1));
        Assert.False(asking.IsCompleted);
        signal.Cancel();
        await world.Delay(TimeSpan.FromSeconds(1));
        Assert.True(asking.IsCompleted);
        Assert.Equal(Errno.EINTR, (await asking).Error);
    }
}
