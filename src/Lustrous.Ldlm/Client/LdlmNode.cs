using Lustrous.Ldlm.Server;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Ldlm.Client;

/// <summary>
/// The lock manager of a node that is a client: serves the servers' callbacks (<c>ldlm_cbd</c>, portal 15), and tells
/// namespaces what becomes of their imports. Made before the first import; registers itself as
/// <see cref="PtlrpcNode.Hooks"/>.
/// </summary>
public sealed partial class LdlmNode : IPtlrpcHooks, IAsyncDisposable
{
    readonly Sharded<ulong, ClientLock> _locks = new(CookieComparer.Instance);
    readonly RankedLock _lock = new(13, "ldlm_node");
    readonly List<ClientNamespace> _namespaces = [];        // guarded by _lock
    readonly ulong _firstCookie;
    readonly Service _callbacks;
    long _numbers;

    public LdlmNode(PtlrpcNode ptlrpc)
    {
        ArgumentNullException.ThrowIfNull(ptlrpc);
        Ptlrpc = ptlrpc;
        _firstCookie = ptlrpc.Context.Random.NextUInt64();
        _callbacks = new Service(
            ptlrpc.LNet, LdlmServices.Callback(ptlrpc.Options), new CallbackHandler(this),
            new ExportTable(ptlrpc.Context));
        ptlrpc.Hooks = this;
    }

    public PtlrpcNode Ptlrpc { get; }

    public NodeContext Context => Ptlrpc.Context;

    /// <summary>Starts to serve callbacks; before the first connect.</summary>
    public Errno Start() => _callbacks.Start();

    public ValueTask<Errno> ReplayLocksAsync(Import import, CancellationToken cancel) =>
        Find(import)?.ReplayAsync(cancel) ?? new(Errno.OK);

    public void ReplyReceived(PtlrpcRequest request)
    {
    }

    public ValueTask InvalidatedAsync(Import import) => Find(import)?.InvalidateAsync() ?? ValueTask.CompletedTask;

    public bool HoldsLocks(Import import) => Find(import) is { LockCount: > 0 };

    /// <summary>Takes no more callbacks; the namespaces are disposed before.</summary>
    public ValueTask DisposeAsync() => _callbacks.DisposeAsync();

    internal void Add(ClientNamespace ns)
    {
        using (_lock.Enter())
            _namespaces.Add(ns);
    }

    internal void Remove(ClientNamespace ns)
    {
        using (_lock.Enter())
            _namespaces.Remove(ns);
    }

    internal ClientLock NewLock(ClientResource resource, in LockRequest ask)
    {
        ulong cookie = NewCookie();
        var made = new ClientLock(resource, ask, cookie);
        _locks.GetOrAdd(cookie, made);
        return made;
    }

    /// <summary>A handle that nothing of this node has.</summary>
    internal ulong NewCookie()
    {
        ulong cookie;
        do
            cookie = _firstCookie + (ulong)Interlocked.Increment(ref _numbers) * 7;
        while (cookie == 0);
        return cookie;
    }

    internal void Forget(ClientLock gone) => _locks.Remove(gone.Cookie, gone);

    internal ClientLock? FindLock(ulong cookie) => _locks.TryGet(cookie, out ClientLock? found) ? found : null;

    /// <summary>The locks of a namespace, oldest first.</summary>
    internal List<ClientLock> ListLocks(ClientNamespace ns)
    {
        List<ClientLock> all = _locks.ToList();
        all.RemoveAll(item => !ReferenceEquals(item.Namespace, ns));
        all.Sort(static (a, b) => a.Number.CompareTo(b.Number));
        return all;
    }

    internal void Spawn(ValueTask task)
    {
        if (!task.IsCompletedSuccessfully)
            _ = WatchAsync(task);
    }

    ClientNamespace? Find(Import import)
    {
        using (_lock.Enter())
        {
            foreach (ClientNamespace ns in _namespaces)
            {
                if (ReferenceEquals(ns.Import, import))
                    return ns;
            }
        }
        return null;
    }

    /// <summary>Nobody waits for it; what it throws is a defect and is not lost.</summary>
    async Task WatchAsync(ValueTask task)
    {
        try
        {
            await task;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Context.Log.Error("ldlm", e.ToString());
            Context.Work.Post(
                static state => System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw((Exception)state!), e);
        }
    }
}
