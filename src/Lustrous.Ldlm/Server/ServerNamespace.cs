using Lustrous.Idl.Ldlm;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Ldlm.Server;

/// <summary>
/// The locks of one target (<c>struct ldlm_namespace</c>, server side): grants them, takes them back with callbacks of
/// its own, and evicts a client that does not give them back.
/// </summary>
/// <remarks>Made before the target takes requests; <see cref="Register"/> adds the handlers, and the target's
/// <see cref="IServiceTargetHooks.Disconnected"/> calls <see cref="Disconnected"/>.</remarks>
public sealed partial class ServerNamespace : IAsyncDisposable
{
    public ServerNamespace(NodeContext context, ServerNamespaceOptions options, ILdlmLvbOps? lvb = null)
    {
        Context = context;
        Options = options;
        Lvb = lvb;
    }

    public NodeContext Context { get; }

    public ServerNamespaceOptions Options { get; }

    public string Name => Options.Name;

    public ILdlmLvbOps? Lvb { get; }

    /// <summary>Executes intents; null answers every enqueue with an intent as if it had none.</summary>
    public IntentPolicy? IntentPolicy { get; set; }

    /// <summary>Locks granted now.</summary>
    public int GrantedCount => 0;

    /// <summary>Adds LDLM_ENQUEUE, LDLM_CONVERT and LDLM_CANCEL to the target's table. Cancels come on portal 17
    /// (<see cref="LdlmServices.Cancel"/>), the others where the target's own requests do.</summary>
    public void Register(ServiceTarget target) => throw new NotSupportedException();

    /// <summary>
    /// Takes a lock for the server itself (<c>ldlm_cli_enqueue_local</c>): waits until clients have given back what is
    /// in the way. Ends synchronously when nothing is.
    /// </summary>
    /// <param name="resource">What to lock.</param>
    /// <param name="type">The policy.</param>
    /// <param name="mode">How.</param>
    /// <param name="policy">How much of it; see <see cref="LockPolicies"/>.</param>
    /// <param name="flags">BLOCK_NOWAIT: EAGAIN (EWOULDBLOCK) instead of waiting.</param>
    /// <param name="cancel">Ends the wait with EINTR.</param>
    /// <returns>The lock, to be given back with <see cref="Release"/> or handed to a client with
    /// <see cref="ServerEnqueue.Replace"/>.</returns>
    public ValueTask<Result<ServerLock>> EnqueueLocalAsync(
        in LdlmResId resource, LockType type, LockMode mode, in LdlmPolicyData policy, LockFlags flags,
        CancellationToken cancel) => throw new NotSupportedException();

    /// <summary>Gives a local lock back and grants what waited for it (<c>ldlm_lock_decref_and_cancel</c>).</summary>
    public void Release(ServerLock local) => throw new NotSupportedException();

    /// <summary>Takes every lock on a resource back from its clients, as one enqueue of EX would; for an object that is
    /// destroyed, with DISCARD_DATA so that nobody writes dirty data back.</summary>
    public ValueTask<Errno> RevokeAsync(in LdlmResId resource, LockType type, LockFlags flags, CancellationToken cancel)
        => throw new NotSupportedException();

    /// <summary>Cancels locks that a request carries in its DLM_REQ besides its own business: unlink, setattr and the
    /// like (ELC; <c>ldlm_request_cancel</c>). From <paramref name="first"/> on; returns how many there were.</summary>
    public int CancelRequestLocks(ServerRequest request, int first = 0) => throw new NotSupportedException();

    /// <summary>The resource if it has locks or is in use; null else.</summary>
    public ServerResource? FindResource(in LdlmResId resource) => throw new NotSupportedException();

    /// <summary>A lock by our cookie, when it is this client's.</summary>
    public ServerLock? FindLock(Export export, ulong cookie) => throw new NotSupportedException();

    /// <summary>
    /// Asks those who may know more than the server (holders of PW locks behind the known end) and updates the value
    /// block (<c>ldlm_glimpse_locks</c>). For the server's own needs; clients' glimpses come through
    /// <see cref="ExtentIntent"/>.
    /// </summary>
    public ValueTask GlimpseAsync(ServerResource resource, CancellationToken cancel) =>
        throw new NotSupportedException();

    /// <summary>
    /// I/O under a lock goes on: a client that was told to give it back gets its time anew
    /// (<c>ofd_prolong_extent_locks</c>). Cheap when the client has no lock that waits.
    /// </summary>
    /// <param name="export">Whose I/O.</param>
    /// <param name="resource">The object.</param>
    /// <param name="start">First byte.</param>
    /// <param name="end">Last byte.</param>
    /// <param name="modes">Which locks the I/O may run under: PR|PW|GROUP for a read, PW|GROUP for a write.</param>
    /// <returns>Locks that are being taken back and cover some of it.</returns>
    public int ProlongExtent(Export export, in LdlmResId resource, ulong start, ulong end, LockMode modes) =>
        throw new NotSupportedException();

    /// <summary>A client has gone: its locks go, and who waited for them gets them.</summary>
    public void Disconnected(Export export) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
