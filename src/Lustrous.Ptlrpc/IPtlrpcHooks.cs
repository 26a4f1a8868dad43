using Lustrous.Ptlrpc.Client;

namespace Lustrous.Ptlrpc;

/// <summary>
/// What Ptlrpc asks of the lock manager, which sits above it and registers itself here (the knot of the original, cut:
/// docs/architecture.md).
/// </summary>
public interface IPtlrpcHooks
{
    /// <summary>
    /// The target has restarted: tell it again of every lock held there (<c>ldlm_replay_locks</c>). The requests are
    /// sent with <see cref="PtlrpcRequest.SendState"/> REPLAY_LOCKS. Anything but OK starts the connection anew.
    /// </summary>
    ValueTask<Errno> ReplayLocksAsync(Import import, CancellationToken cancel);

    /// <summary>A reply is in, before its caller is told: lock volume, and locks granted along with it
    /// (<c>ldlm_cli_update_pool</c>).</summary>
    void ReplyReceived(PtlrpcRequest request);

    /// <summary>The target has forgotten us: every lock of its namespace is void
    /// (<c>IMP_EVENT_INVALIDATE</c>).</summary>
    ValueTask InvalidatedAsync(Import import);

    /// <summary>Whether locks are held there: then the import does not go idle (<c>ns_bref</c>).</summary>
    bool HoldsLocks(Import import);
}

/// <summary>A node without a lock manager.</summary>
public sealed class NullPtlrpcHooks : IPtlrpcHooks
{
    public static NullPtlrpcHooks Instance { get; } = new();

    public ValueTask<Errno> ReplayLocksAsync(Import import, CancellationToken cancel) => new(Errno.OK);

    public void ReplyReceived(PtlrpcRequest request)
    {
    }

    public ValueTask InvalidatedAsync(Import import) => ValueTask.CompletedTask;

    public bool HoldsLocks(Import import) => false;
}
