using Lustrous.Ptlrpc.Server;

namespace Lustrous.Target.Recovery;

/// <summary>A request that waits for its turn.</summary>
sealed class RecoveryTurn(ServerRequest request, RecoveryClient client)
{
    readonly TaskCompletionSource<Errno> _begun = new();

    public ServerRequest Request { get; } = request;

    public RecoveryClient Client { get; } = client;

    /// <summary>Ends when its turn has come, with OK, or when it never will.</summary>
    public Task<Errno> Begun => _begun.Task;

    public void Begin(Errno error) => _begun.TrySetResult(error);
}
