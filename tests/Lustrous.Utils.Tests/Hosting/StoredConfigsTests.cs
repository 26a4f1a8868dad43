using Lustrous.Libcfs;
using Lustrous.Mgs;
using Lustrous.Osd.Mem;
using Lustrous.Utils.Hosting;

namespace Lustrous.Utils.Tests.Hosting;

/// <summary>What a target keeps of its logs for a start without the MGS.</summary>
public sealed class StoredConfigsTests
{
    readonly NodeContext _context = new(
        TimeProvider.System, new SeededRandom(1), new NoWork(), new BufferPool(), NullLogSink.Instance);

    [Fact]
    public async Task The_last_copy_is_there_in_the_next_life()
    {
        await using var device = new MemDevice(_context);
        await using (StoredConfigs first = Open(device))
        {
            Assert.Null(first.Load("lustre-MDT0000"));
            Assert.Equal(Errno.OK, await first.SaveAsync("lustre-MDT0000", new byte[9000], default));
            Assert.Equal(Errno.OK, await first.SaveAsync("lustre-client", new byte[] { 7 }, default));
            Assert.Equal(Errno.OK, await first.SaveAsync("lustre-MDT0000", new byte[] { 1, 2, 3 }, default));
        }

        await using StoredConfigs second = Open(device);
        Assert.Equal([1, 2, 3], second.Load("lustre-MDT0000"));
        Assert.Equal([7], second.Load("lustre-client"));
        Assert.Null(second.Load("params"));
    }

    [Fact]
    public async Task A_target_that_has_left_writes_no_more()
    {
        await using var device = new MemDevice(_context);
        StoredConfigs copies = Open(device);
        Assert.Equal(Errno.OK, await copies.SaveAsync("params", new byte[] { 1 }, default));
        await copies.DisposeAsync();

        Assert.Equal(Errno.ESHUTDOWN, await copies.SaveAsync("params", new byte[] { 2 }, default));
        Assert.Equal([1], Open(device).Load("params"));
    }

    [Fact]
    public async Task What_goes_on_beside_a_target_ends_before_it_leaves()
    {
        bool isOver = false;
        var running = new RunningTarget(null!) { Device = null! };
        running.Add(new Part(() => Assert.True(isOver)));
        running.DoBeside(async stop =>
        {
            var stopped = new TaskCompletionSource();
            await using (stop.Register(stopped.SetResult))
                await stopped.Task;
            await Task.Yield();
            isOver = true;
        });
        Assert.False(isOver);

        await running.LeaveAsync();

        Assert.True(isOver);
    }

    static StoredConfigs Open(MemDevice device) => new(DtConfigStore.Open(device).Value);

    sealed class Part(Action left) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            left();
            return ValueTask.CompletedTask;
        }
    }

    sealed class NoWork : IWorkQueue
    {
        public void Post(Action<object?> work, object? state) => ThreadPool.UnsafeQueueUserWorkItem(
            _ => work(state), null);
    }
}
