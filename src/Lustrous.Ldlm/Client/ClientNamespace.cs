using Lustrous.Idl.Ldlm;
using Lustrous.Obdclass.Parameters;
using Lustrous.Ptlrpc.Client;

namespace Lustrous.Ldlm.Client;

/// <summary>
/// The locks that this client has of one target, by its import (<c>struct ldlm_namespace</c>, client side): asks for
/// them, finds them again, keeps those that nobody uses for a while, and gives them back when the server asks.
/// </summary>
public sealed partial class ClientNamespace : IAsyncDisposable
{
    public ClientNamespace(LdlmNode node, Import import, ClientNamespaceOptions options)
    {
        Node = node;
        Import = import;
        Options = options;
    }

    public LdlmNode Node { get; }

    public Import Import { get; }

    public ClientNamespaceOptions Options { get; }

    public string Name => Options.Name;

    /// <summary>Locks there are, used or not (<c>lock_count</c>).</summary>
    public int LockCount => 0;

    /// <summary>Of these, nobody uses (<c>lock_unused_count</c>).</summary>
    public int UnusedCount => 0;

    /// <summary>
    /// Asks the server for a lock and waits until it is granted. Ends synchronously when the reply comes so.
    /// </summary>
    /// <param name="ask">Which lock.</param>
    /// <param name="request">The caller's request of an enqueue format, filled but for DLM_REQ (and with room reserved
    /// for <paramref name="cancels"/>), whose reply it reads afterwards and which it disposes; null for a plain
    /// LDLM_ENQUEUE.</param>
    /// <param name="cancels">Locks given up along with it.</param>
    /// <param name="cancel">Ends the wait with EINTR; a lock granted later is given back.</param>
    public ValueTask<EnqueueResult> EnqueueAsync(
        in LockRequest ask, PtlrpcRequest? request, LockCancels? cancels, CancellationToken cancel) =>
        throw new NotSupportedException();

    public ValueTask<EnqueueResult> EnqueueAsync(in LockRequest ask, CancellationToken cancel) =>
        EnqueueAsync(ask, null, null, cancel);

    /// <summary>
    /// A granted lock that covers what is wanted, with a reference of its <see cref="ClientLock.GrantedMode"/>; null
    /// for none. Allocates nothing (<c>ldlm_lock_match</c>).
    /// </summary>
    /// <param name="resource">What.</param>
    /// <param name="type">The policy.</param>
    /// <param name="modes">Any of these modes will do: PR|PW to read.</param>
    /// <param name="policy">The extent or bits that the lock must cover.</param>
    /// <param name="owner">Only locks of this <see cref="ClientLock.Owner"/>; null for any.</param>
    public ClientLock? Match(
        in LdlmResId resource, LockType type, LockMode modes, in LdlmPolicyData policy, object? owner = null) =>
        throw new NotSupportedException();

    /// <summary>Whether <see cref="Match"/> would find one; takes no reference (LDLM_FL_TEST_LOCK).</summary>
    public bool IsCovered(in LdlmResId resource, LockType type, LockMode modes, in LdlmPolicyData policy) =>
        throw new NotSupportedException();

    /// <summary>The lock of our cookie with a reference of <paramref name="mode"/>; null when it is gone or
    /// going.</summary>
    public ClientLock? Reference(ulong cookie, LockMode mode) => throw new NotSupportedException();

    /// <summary>Gives one lock back when nobody uses it any more; ends when the server has been told.</summary>
    public ValueTask CancelAsync(ClientLock held) => throw new NotSupportedException();

    /// <summary>Gives back every unused lock, or those of one resource (<c>ldlm_cli_cancel_unused</c>).</summary>
    /// <param name="resource">Which; null for all.</param>
    /// <param name="loss">Discard drops dirty data.</param>
    public ValueTask CancelUnusedAsync(LdlmResId? resource, LockLoss loss = LockLoss.Cancelled) =>
        throw new NotSupportedException();

    /// <summary>
    /// Gives up unused locks of a resource that conflict with <paramref name="mode"/>, for a request to carry the
    /// cancels (ldlm_cancel_resource_local); with none, an empty list. Ends synchronously where there is nothing to
    /// flush.
    /// </summary>
    public ValueTask<LockCancels> CollectCancelsAsync(LdlmResId resource, LockMode mode, InodeBits bits) =>
        throw new NotSupportedException();

    /// <summary>The same for another resource, into the same list.</summary>
    public ValueTask CollectCancelsAsync(LockCancels into, LdlmResId resource, LockMode mode, InodeBits bits) =>
        throw new NotSupportedException();

    /// <summary>Adds <c>ldlm.namespaces.NAME.*</c>: lru_size, lru_max_age, lock_count, lock_unused_count,
    /// resource_count.</summary>
    public void AddParameters(ParameterTree tree) => throw new NotSupportedException();

    /// <summary>Gives everything back; its import is closed afterwards.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
