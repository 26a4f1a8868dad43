namespace Lustrous.Utils.Hosting;

/// <summary>Stops things of a process that is about to end, without waiting for servers that do not answer.</summary>
static class Bounded
{
    /// <summary>Waits for the end of something, at most so long; then says what was left behind and goes on.</summary>
    public static async ValueTask StopAsync(HostNode node, string what, IAsyncDisposable stopped, int seconds)
    {
        Task stopping = stopped.DisposeAsync().AsTask();
        using var limit = new CancellationTokenSource();
        await Task.WhenAny(stopping, Task.Delay(TimeSpan.FromSeconds(seconds), node.Context.Clock, limit.Token));
        await limit.CancelAsync();
        if (stopping.IsCompleted)
            await stopping;
        else
            node.Log.Warning("lustrous", $"{what} did not stop within {seconds} s, because of a server that is gone?");
    }

    /// <summary>The same for what is stopped in another way.</summary>
    public static ValueTask StopAsync(HostNode node, string what, Func<ValueTask> stop, int seconds) =>
        StopAsync(node, what, new Stopping(stop), seconds);

    sealed class Stopping(Func<ValueTask> stop) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => stop();
    }
}
