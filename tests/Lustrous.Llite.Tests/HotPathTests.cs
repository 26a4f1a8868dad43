using Lustrous.Libcfs;
using Xunit;

namespace Lustrous.Llite.Tests;

public sealed class HotPathTests
{
    const int Rounds = 1000;

    [Fact]
    public void A_cached_lookup_and_stat_are_synchronous_and_allocate_nothing() => LliteWorld.Run(async world =>
    {
        LliteClient client = await world.MountAsync();
        await client.MkdirAsync("d");
        LliteInode inode = (await client.LookupAsync("d")).Value.Inode!;
        await client.StatAsync(client.Mount.Root);
        await client.RunAsync(() =>
        {
            Assert.Equal(0, Allocated(() =>
            {
                ValueTask<Result<LliteEntry>> found = client.Mount.LookupAsync(
                    client.Mount.Root, "d"u8, LliteClient.Root, default);
                Assert.True(found.IsCompletedSuccessfully);
                client.Mount.Forget(found.Result.Value.Inode!.NodeId, 1);
            }));
            Assert.Equal(0, Allocated(() =>
            {
                ValueTask<Result<LliteStat>> stat = client.Mount.GetattrAsync(
                    inode, null, LliteClient.Root, default);
                Assert.True(stat.IsCompletedSuccessfully && stat.Result.Value.MayCache);
            }));
            return Task.CompletedTask;
        });
    });

    [Fact]
    public void A_cached_read_and_write_are_synchronous() => LliteWorld.Run(async world =>
    {
        LliteClient client = await world.MountAsync();
        LliteFile file = (await client.CreateAsync("f")).Value.Opened.File;
        await client.WriteAsync(file, 0, new byte[4096]);
        await client.RunAsync(() =>
        {
            using PooledBuffer buffer = client.Mount.Context.Buffers.Take(4096);
            IoVec page = buffer.Slice(0, 4096);
            long read = Allocated(() =>
            {
                ValueTask<Result<int>> done = client.Mount.ReadAsync(file, 0, page, default);
                Assert.True(done.IsCompletedSuccessfully && done.Result.Value == 4096);
            });
            long written = Allocated(() =>
            {
                ValueTask<Result<int>> done = client.Mount.WriteAsync(
                    file, 0, page, LliteWriteFlags.None, LliteClient.Root, default);
                Assert.True(done.IsCompletedSuccessfully && done.Result.Value == 4096);
            });
            // In a debug build each asynchronous method below allocates its state.
            Assert.InRange(read, 0, 1024);
            Assert.InRange(written, 0, 1024);
            return Task.CompletedTask;
        });
        Assert.Equal(Errno.OK, await client.CloseAsync(file));
    });

    /// <summary>Bytes that a call allocates once it is warm.</summary>
    static long Allocated(Action call)
    {
        for (int i = 0; i < 100; i++)
            call();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Rounds; i++)
            call();
        return (GC.GetAllocatedBytesForCurrentThread() - before) / Rounds;
    }
}
