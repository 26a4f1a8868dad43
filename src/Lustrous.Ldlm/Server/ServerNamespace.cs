using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Obdclass.Parameters;
using Lustrous.Ptlrpc.Layout;
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
    const int Stripes = 64;         // a power of two
    const int RetainedActions = 16;

    readonly Sharded<LdlmResId, ServerResource> _resources = new(ResIdComparer.Instance);
    readonly Sharded<ulong, ServerLock> _locks = new(CookieComparer.Instance);
    readonly RankedLock[] _stripes = new RankedLock[Stripes];
    readonly Lock _actionsLock = new();
    readonly Stack<LockActions> _freeActions = new();       // guarded by _actionsLock
    readonly LockTimers _timers;
    readonly CancellationTokenSource _stopping = new();
    readonly CancellationToken _stopped;        // outlives its source
    readonly ulong _firstCookie;
    long _numbers;
    int _granted;

    public ServerNamespace(NodeContext context, ServerNamespaceOptions options, ILdlmLvbOps? lvb = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(options);
        Context = context;
        Options = options;
        Lvb = lvb;
        LockTimeout = TimeSpan.FromSeconds(options.LockTimeoutSeconds);
        _firstCookie = context.Random.NextUInt64();
        _stopped = _stopping.Token;
        _timers = new LockTimers(context, OnExpired);
        for (int i = 0; i < Stripes; i++)
            _stripes[i] = new RankedLock(14, "lr_lock");
    }

    public NodeContext Context { get; }

    internal FlockWaits Flocks { get; } = new();

    public ServerNamespaceOptions Options { get; }

    public string Name => Options.Name;

    public ILdlmLvbOps? Lvb { get; }

    /// <summary>Executes intents; null answers every enqueue with an intent as if it had none.</summary>
    public IntentPolicy? IntentPolicy { get; set; }

    /// <summary>What a client has to give a lock back (<c>ldlm_bl_timeout</c>).</summary>
    public TimeSpan LockTimeout { get; set; }

    /// <summary>Locks granted now.</summary>
    public int GrantedCount => Volatile.Read(ref _granted);

    /// <summary>Locks there are, waiting ones included.</summary>
    public int LockCount => _locks.Count;

    /// <summary>Every lock there is, in no order: for checks.</summary>
    internal List<ServerLock> ListLocks() => _locks.ToList();

    public int ResourceCount => _resources.Count;

    /// <summary>Locks whose holders have been told to give them back.</summary>
    public int BlockedCount => _timers.Count;

    /// <summary>Adds LDLM_ENQUEUE, LDLM_CONVERT and LDLM_CANCEL to the target's table. Cancels come on portal 17
    /// (<see cref="LdlmServices.Cancel"/>), the others where the target's own requests do.</summary>
    public void Register(ServiceTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        target.Handle(LdlmOpcode.Enqueue, new OpcodeHandler(
            RequestFormats.LdlmEnqueue, LustreMsgVersion.DLM_VERSION, HandlerFlags.None, HandleEnqueueAsync));
        target.Handle(LdlmOpcode.Convert, new OpcodeHandler(
            RequestFormats.LdlmConvert, LustreMsgVersion.DLM_VERSION, HandlerFlags.HighPriority, HandleConvert));
        target.Handle(LdlmOpcode.Cancel, new OpcodeHandler(
            RequestFormats.LdlmCancel, LustreMsgVersion.DLM_VERSION,
            HandlerFlags.HasReply | HandlerFlags.HighPriority, HandleCancel));
    }

    /// <summary>The resource if it has locks or is in use; null else.</summary>
    public ServerResource? FindResource(in LdlmResId resource) =>
        _resources.TryGet(resource, out ServerResource? found) ? found : null;

    /// <summary>A lock by our cookie, when it is this client's.</summary>
    public ServerLock? FindLock(Export export, ulong cookie) =>
        _locks.TryGet(cookie, out ServerLock? found) && ReferenceEquals(found.Export, export) ? found : null;

    /// <summary>Adds <c>ldlm.namespaces.NAME.*</c>.</summary>
    public void AddParameters(ParameterTree tree)
    {
        ArgumentNullException.ThrowIfNull(tree);
        Add("lock_count", Parameter.ReadOnly(() => Text(LockCount)));
        Add("resource_count", Parameter.ReadOnly(() => Text(ResourceCount)));
        Add("lock_timeouts", Parameter.ReadOnly(() => Text(_timeouts)));
        Add("lock_timeout", Parameter.Number(
            () => (long)LockTimeout.TotalSeconds, value => LockTimeout = TimeSpan.FromSeconds(value), 1, 86_400));

        void Add(string name, Parameter parameter) => tree.Add(["ldlm", "namespaces", Name, name], parameter);

        static string Text(long value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>No callback is sent again and nobody is evicted any more.</summary>
    public async ValueTask DisposeAsync()
    {
        _stopping.Cancel();
        await _timers.DisposeAsync();
        _stopping.Dispose();
    }

    /// <summary>
    /// The resource with one more user, which <see cref="Put"/> takes away. EINVAL when it is of another type.
    /// </summary>
    internal Result<ServerResource> Get(in LdlmResId name, LockType type)
    {
        while (true)
        {
            if (!_resources.TryGet(name, out ServerResource? resource))
                resource = _resources.GetOrAdd(name, new ServerResource(this, name, type, StripeOf(name), Flocks));
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

    internal void Put(ServerResource resource)
    {
        using (resource.Lock.Enter())
        {
            if (--resource.Users > 0)
                return;
            resource.IsDead = true;
            _resources.Remove(resource.Name, resource);
        }
        if (resource.IsLvbReady)
            Lvb?.Free(resource);
    }

    internal LockActions TakeActions()
    {
        lock (_actionsLock)
            return _freeActions.TryPop(out LockActions? actions) ? actions : new LockActions();
    }

    internal void ReturnActions(LockActions actions)
    {
        actions.Clear();
        lock (_actionsLock)
        {
            if (_freeActions.Count < RetainedActions)
                _freeActions.Push(actions);
        }
    }

    /// <summary>A lock that is in no queue yet; it keeps its resource.</summary>
    ServerLock NewLock(
        ServerResource resource, Export? export, LockMode mode, in LdlmPolicyData policy, LockFlags flags)
    {
        var number = (ulong)Interlocked.Increment(ref _numbers);
        var made = new ServerLock(resource, export, mode, policy, number)
        {
            Flags = flags & (LockFlagsMasks.INHERIT_MASK | LockFlags.AST_DISCARD_DATA | LockFlags.NO_EXPANSION),
            Cookie = NewCookie(number),
        };
        _locks.GetOrAdd(made.Cookie, made);
        return made;
    }

    /// <summary>Like Lustre's handles: they count up from somewhere unknown, and none is 0.</summary>
    ulong NewCookie(ulong number)
    {
        ulong cookie = _firstCookie + number * 7;
        return cookie != 0 ? cookie : _firstCookie + (ulong)Interlocked.Increment(ref _numbers) * 7;
    }

    RankedLock StripeOf(in LdlmResId name) => _stripes[ResIdComparer.Instance.GetHashCode(name) & (Stripes - 1)];
}
