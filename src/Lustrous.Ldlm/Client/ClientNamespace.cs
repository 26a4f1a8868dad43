using System.Globalization;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Obdclass.Parameters;
using Lustrous.Ptlrpc.Client;

namespace Lustrous.Ldlm.Client;

/// <summary>
/// The locks that this client has of one target, by its import (<c>struct ldlm_namespace</c>, client side): asks for
/// them, finds them again, keeps those that nobody uses for a while, and gives them back when the server asks.
/// </summary>
public sealed partial class ClientNamespace : IAsyncDisposable
{
    const int Stripes = 64;         // a power of two

    readonly Sharded<LdlmResId, ClientResource> _resources = new(ResIdComparer.Instance);
    readonly RankedLock[] _stripes = new RankedLock[Stripes];
    int _lockCount;
    int _usedCount;

    public ClientNamespace(LdlmNode node, Import import, ClientNamespaceOptions options)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(import);
        ArgumentNullException.ThrowIfNull(options);
        Node = node;
        Import = import;
        Options = options;
        _completionTime = new AdaptiveTimeout(node.Ptlrpc.Options);
        LruSize = options.LruSize;
        LruMaxAge = options.LruMaxAge;
        for (int i = 0; i < Stripes; i++)
            _stripes[i] = new RankedLock(14, "lr_lock");
        _ageTimer = node.Context.Clock.CreateTimer(
            static state => ((ClientNamespace)state!).OnAge(), this, Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
        node.Add(this);
    }

    public LdlmNode Node { get; }

    public Import Import { get; }

    public ClientNamespaceOptions Options { get; }

    public string Name => Options.Name;

    /// <summary>Unused locks kept at most; a smaller number takes effect with the next lock.</summary>
    public int LruSize { get; set; }

    public TimeSpan LruMaxAge { get; set; }

    /// <summary>Locks there are, used or not (<c>lock_count</c>).</summary>
    public int LockCount => Volatile.Read(ref _lockCount) + FileLockCount;

    /// <summary>Of these, nobody uses (<c>lock_unused_count</c>).</summary>
    public int UnusedCount => Math.Max(0, Volatile.Read(ref _lockCount) - Volatile.Read(ref _usedCount));

    public int ResourceCount => _resources.Count;

    /// <summary>Whether the server lets a client give up single bits.</summary>
    internal bool CanConvert => Import.Supports(ConnectFlags2.LOCK_CONVERT);

    /// <summary>Cancels that may ride on one request: none where the server takes one handle only.</summary>
    internal int MaxPackedCancels => Import.Supports(ConnectFlags.CANCELSET) ? Options.CancelBatch : 0;

    NodeContext Context => Node.Context;

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
        Find(resource, type, modes, policy, owner, onlyTest: false);

    /// <summary>Whether <see cref="Match"/> would find one; takes no reference (LDLM_FL_TEST_LOCK).</summary>
    public bool IsCovered(in LdlmResId resource, LockType type, LockMode modes, in LdlmPolicyData policy) =>
        Find(resource, type, modes, policy, owner: null, onlyTest: true) is not null;

    /// <summary>The lock of our cookie with a reference of <paramref name="mode"/>; null when it is gone or
    /// going.</summary>
    public ClientLock? Reference(ulong cookie, LockMode mode)
    {
        if (Node.FindLock(cookie) is not { } found || !ReferenceEquals(found.Namespace, this))
            return null;
        using (found.Enter())
            return found.TryReference(mode) ? found : null;
    }

    /// <summary>Adds <c>ldlm.namespaces.NAME.*</c>: lru_size, lru_max_age (ms), lock_count, lock_unused_count,
    /// resource_count; writing <c>clear</c> to lru_size drops all unused locks.</summary>
    public void AddParameters(ParameterTree tree)
    {
        ArgumentNullException.ThrowIfNull(tree);
        Add("lock_count", Parameter.ReadOnly(() => Text(LockCount)));
        Add("lock_unused_count", Parameter.ReadOnly(() => Text(UnusedCount)));
        Add("resource_count", Parameter.ReadOnly(() => Text(ResourceCount)));
        Add("lru_size", new Parameter(() => Text(UnusedCount), SetLruSize));
        Add("lru_max_age", Parameter.Number(
            () => (long)LruMaxAge.TotalMilliseconds, value => LruMaxAge = TimeSpan.FromMilliseconds(value),
            1, long.MaxValue / TimeSpan.TicksPerMillisecond));

        void Add(string name, Parameter parameter) => tree.Add(["ldlm", "namespaces", Name, name], parameter);

        static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Gives everything back that nobody uses; its import is closed afterwards.</summary>
    public async ValueTask DisposeAsync()
    {
        await CancelUnusedAsync(resource: null);
        await _ageTimer.DisposeAsync();
        Node.Remove(this);
    }

    internal void CountUsed(int change) => Interlocked.Add(ref _usedCount, change);

    /// <summary>The resource with one more user.</summary>
    internal Result<ClientResource> Get(in LdlmResId name, LockType type)
    {
        while (true)
        {
            if (!_resources.TryGet(name, out ClientResource? resource))
            {
                RankedLock stripe = _stripes[ResIdComparer.Instance.GetHashCode(name) & (Stripes - 1)];
                resource = _resources.GetOrAdd(name, new ClientResource(this, name, type, stripe));
            }
            using (resource.Lock.Enter())
            {
                if (resource.IsDead)
                    continue;
                if (resource.Type != type)
                    return Errno.EINVAL;
                resource.Users++;
                return resource;
            }
        }
    }

    /// <summary>A user less, under its lock.</summary>
    internal void PutLocked(ClientResource resource)
    {
        if (--resource.Users > 0)
            return;
        resource.IsDead = true;
        _resources.Remove(resource.Name, resource);
    }

    internal void Spawn(ValueTask task) => Node.Spawn(task);

    ClientLock? Find(
        in LdlmResId resource, LockType type, LockMode modes, in LdlmPolicyData policy, object? owner, bool onlyTest)
    {
        if (!_resources.TryGet(resource, out ClientResource? found) || found.Type != type)
            return null;
        using (found.Lock.Enter())
            return found.Match(modes, policy, owner, onlyTest);
    }

    Errno SetLruSize(string text)
    {
        ReadOnlySpan<char> value = text.AsSpan().Trim();
        if (value is "clear")
        {
            Spawn(CancelUnusedAsync(resource: null));
            return Errno.OK;
        }
        if (!int.TryParse(value, CultureInfo.InvariantCulture, out int size))
            return Errno.EINVAL;
        if (size < 0)
            return Errno.ERANGE;
        LruSize = size;
        TrimSoon();
        return Errno.OK;
    }
}
