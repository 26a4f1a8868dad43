using Xunit;

namespace Lustrous.Libcfs.Tests;

public sealed class TaskWaitsTests
{
    [Fact]
    public async Task Work_is_waited_for_however_it_ends()
    {
        Assert.Equal(Errno.OK, await Task.CompletedTask.EndedAsync(CancellationToken.None));
        Assert.Equal(Errno.OK, await Task.FromException(new ObjectDisposedException("x")).EndedAsync(default));
        var work = new TaskCompletionSource();
        ValueTask<Errno> waiting = work.Task.EndedAsync(CancellationToken.None);
        Assert.False(waiting.IsCompleted);
        work.SetCanceled(TestContext.Current.CancellationToken);
        Assert.Equal(Errno.OK, await waiting);
    }

    [Fact]
    public async Task Who_is_interrupted_waits_no_longer_and_the_work_goes_on()
    {
        var work = new TaskCompletionSource();
        using var signal = new CancellationTokenSource();
        ValueTask<Errno> waiting = work.Task.EndedAsync(signal.Token);
        await signal.CancelAsync();
        Assert.Equal(Errno.EINTR, await waiting);
        Assert.False(work.Task.IsCompleted);
    }
}
