using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Client;

namespace Lustrous.Ldlm.Client;

/// <summary>
/// The lock manager of a node that is a client: serves the servers' callbacks (<c>ldlm_cbd</c>, portal 15), and tells
/// namespaces what becomes of their imports. Made before the first import; registers itself as
/// <see cref="PtlrpcNode.Hooks"/>.
/// </summary>
public sealed partial class LdlmNode : IPtlrpcHooks, IAsyncDisposable
{
    public LdlmNode(PtlrpcNode ptlrpc)
    {
        ArgumentNullException.ThrowIfNull(ptlrpc);
        Ptlrpc = ptlrpc;
        ptlrpc.Hooks = this;
    }

    public PtlrpcNode Ptlrpc { get; }

    public NodeContext Context => Ptlrpc.Context;

    /// <summary>Starts to serve callbacks; before the first connect.</summary>
    public Errno Start() => throw new NotSupportedException();

    public ValueTask<Errno> ReplayLocksAsync(Import import, CancellationToken cancel) => new(Errno.OK);

    public void ReplyReceived(PtlrpcRequest request)
    {
    }

    public ValueTask InvalidatedAsync(Import import) => ValueTask.CompletedTask;

    public bool HoldsLocks(Import import) => false;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
