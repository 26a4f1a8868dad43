using Lustrous.Idl.Ldlm;

namespace Lustrous.Ldlm.Client;

/// <summary>One thing that this client has locks on (<c>struct ldlm_resource</c>, client side).</summary>
sealed class ClientResource(ClientNamespace ns, LdlmResId name, LockType type, RankedLock stripe)
{
    readonly List<ClientLock> _list = [];       // guarded by Lock; of extent locks, in no tree otherwise
    readonly ExtentTree<ClientLock>? _tree = type == LockType.Extent ? new() : null;      // guarded by Lock

    public ClientNamespace Namespace { get; } = ns;

    public LdlmResId Name { get; } = name;

    public LockType Type { get; } = type;

    /// <summary>Guards its locks; shared with resources that hash alike, of which nobody holds two.</summary>
    public RankedLock Lock { get; } = stripe;

    /// <summary>Locks that are in it or on their way; guarded by <see cref="Lock"/>.</summary>
    public int Users { get; set; }

    /// <summary>It has left the table; guarded by <see cref="Lock"/>.</summary>
    public bool IsDead { get; set; }

    public void Add(ClientLock item)
    {
        if (_tree is null)
            _list.Add(item);
        else
            _tree.Add(item, item.Extent.Start, item.Extent.End);
    }

    public void Remove(ClientLock item)
    {
        if (_tree is null)
            _list.Remove(item);
        else
            _tree.Remove(item);
    }

    /// <summary>A lock that covers what is wanted (<c>lock_matches</c>); referenced unless it is only a test.</summary>
    public ClientLock? Match(LockMode modes, in LdlmPolicyData policy, object? owner, bool onlyTest)
    {
        if (_tree is not null)
        {
            LdlmExtent extent = policy.Extent;
            var visitor = new MatchVisitor(modes, extent, owner, onlyTest);
            _tree.Visit(extent.Start, extent.Start, ref visitor);
            return visitor.Found;
        }
        InodeBits bits = policy.InodeBits.Bits;
        foreach (ClientLock item in _list)
        {
            if ((item.GrantedMode & modes) == 0 || (owner is not null && !ReferenceEquals(item.Owner, owner)))
                continue;
            if (Type == LockType.Ibits && (item.Bits & bits) != bits)
                continue;
            if (Take(item, onlyTest))
                return item;
        }
        return null;
    }

    /// <summary>Adds every lock to a list, oldest grant first.</summary>
    public void CopyTo(List<ClientLock> into)
    {
        into.AddRange(_list);
        if (_tree is null)
            return;
        var visitor = new CopyVisitor(into);
        _tree.Visit(0, ulong.MaxValue, ref visitor);
    }

    static bool Take(ClientLock item, bool onlyTest) =>
        onlyTest ? item.IsValid && !item.IsBlocked : item.TryReference(item.GrantedMode);

    ref struct MatchVisitor(LockMode modes, LdlmExtent extent, object? owner, bool onlyTest)
        : IExtentVisitor<ClientLock>
    {
        readonly LockMode _modes = modes;
        readonly LdlmExtent _extent = extent;
        readonly object? _owner = owner;
        readonly bool _onlyTest = onlyTest;

        public ClientLock? Found { get; private set; }

        public bool Visit(ClientLock item)
        {
            if (item.End < _extent.End || (item.GrantedMode & _modes) == 0
                || (_owner is not null && !ReferenceEquals(item.Owner, _owner))
                || (item.GrantedMode == LockMode.GROUP && item.Extent.GroupId != _extent.GroupId)
                || !Take(item, _onlyTest))
                return true;
            Found = item;
            return false;
        }
    }

    readonly ref struct CopyVisitor(List<ClientLock> into) : IExtentVisitor<ClientLock>
    {
        readonly List<ClientLock> _into = into;

        public readonly bool Visit(ClientLock item)
        {
            _into.Add(item);
            return true;
        }
    }
}
