namespace Lustrous.Ldlm.Server;

/// <summary>What is to be done about a lock, outside of its resource's lock.</summary>
enum LockAction : byte
{
    /// <summary>Its holder must give it back (blocking AST).</summary>
    Block,

    /// <summary>It has been granted after a wait (completion AST; a local waiter goes on).</summary>
    Complete,

    /// <summary>It will never be granted: whoever waits for it is told so (completion AST without a mode).</summary>
    Refuse,

    /// <summary>The rest of a file lock that was cut: a lock of its own from now on.</summary>
    Register,

    /// <summary>Nothing is left of it.</summary>
    Unregister,
}

/// <summary>What a decision came to, in order.</summary>
sealed class LockActions
{
    readonly List<(ServerLock Lock, LockAction Action)> _items = [];

    public int Count => _items.Count;

    public (ServerLock Lock, LockAction Action) this[int index] => _items[index];

    public void Add(ServerLock subject, LockAction action) => _items.Add((subject, action));

    public void Clear() => _items.Clear();
}
