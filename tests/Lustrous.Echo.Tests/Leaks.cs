using Lustrous.Libcfs;

namespace Lustrous.Echo.Tests;

/// <summary>What must be back in its pool when everything has been disposed.</summary>
static class Leaks
{
    /// <summary>
    /// Fails when a buffer stays out. A dispose may go on in the stack of the call that ended last, a ping say, which
    /// returns its own buffer only when it goes on: so that stack is left, and it has a moment.
    /// </summary>
    public static async Task AssertNoneAsync(BufferPool buffers)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        do
            await Task.Delay(10, CancellationToken.None);
        while (buffers.OutstandingBytes != 0 && !limit.IsCancellationRequested);
        Assert.Equal(0, buffers.OutstandingBytes);
    }
}
