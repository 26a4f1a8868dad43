using Lustrous.Ldlm.Client;
using Lustrous.Ptlrpc.Client;

namespace Lustrous.Clients;

/// <summary>How a client of a target ends: it gives its locks back and disconnects, but waits for neither longer than
/// a person would.</summary>
static class ClientShutdown
{
    /// <summary>For a server that has gone without our noticing yet; a living one takes a round trip.</summary>
    static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    public static async ValueTask CloseAsync(ClientNamespace locks, Import import)
    {
        // Without a connection the locks can only be forgotten, as the server will.
        if (import.State is not (ImportState.Full or ImportState.Idle))
            await import.DisposeAsync();
        Task givingBack = locks.DisposeAsync().AsTask();
        if (!givingBack.IsCompleted)
        {
            using var stop = new CancellationTokenSource();
            await Task.WhenAny(givingBack, Task.Delay(s_limit, import.Node.Context.Clock, stop.Token));
            stop.Cancel();
        }
        // Ends what is still waiting for an answer, the cancels among it.
        await import.DisposeAsync();
        await givingBack;
    }
}
