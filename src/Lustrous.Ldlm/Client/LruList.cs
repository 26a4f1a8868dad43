namespace Lustrous.Ldlm.Client;

/// <summary>
/// Locks that nobody used when they came here, oldest first (<c>ns_unused_list</c>). One that is used again stays where
/// it is, so that finding a lock touches nothing that all share; whoever takes from the list looks whether it was.
/// </summary>
sealed class LruList
{
    readonly RankedLock _lock = new(15, "ns_lru");
    ClientLock? _first;     // guarded by _lock
    ClientLock? _last;      // guarded by _lock

    public void Add(ClientLock item)
    {
        if (item.IsInLru)
            return;
        using (_lock.Enter())
        {
            if (item.IsInLru)
                return;
            item.IsInLru = true;
            item.PreviousInLru = _last;
            if (_last is null)
                _first = item;
            else
                _last.NextInLru = item;
            _last = item;
        }
    }

    /// <summary>Back to where <see cref="Take"/> took it from.</summary>
    public void PutBack(ClientLock item)
    {
        using (_lock.Enter())
        {
            if (item.IsInLru)
                return;
            item.IsInLru = true;
            item.NextInLru = _first;
            if (_first is null)
                _last = item;
            else
                _first.PreviousInLru = item;
            _first = item;
        }
    }

    public void Remove(ClientLock item)
    {
        if (!item.IsInLru)
            return;
        using (_lock.Enter())
            Unlink(item);
    }

    /// <summary>The one that has been here longest, taken out; null for none.</summary>
    public ClientLock? Take()
    {
        using (_lock.Enter())
        {
            ClientLock? first = _first;
            if (first is not null)
                Unlink(first);
            return first;
        }
    }

    void Unlink(ClientLock item)
    {
        if (!item.IsInLru)
            return;
        if (item.PreviousInLru is { } previous)
            previous.NextInLru = item.NextInLru;
        else
            _first = item.NextInLru;
        if (item.NextInLru is { } next)
            next.PreviousInLru = item.PreviousInLru;
        else
            _last = item.PreviousInLru;
        item.NextInLru = item.PreviousInLru = null;
        item.IsInLru = false;
    }
}

/// <summary>A lock's place in the list.</summary>
public sealed partial class ClientLock
{
    internal ClientLock? NextInLru { get; set; }

    internal ClientLock? PreviousInLru { get; set; }

    /// <summary>Written under the list's lock; read without it as a hint.</summary>
    internal bool IsInLru { get; set; }

    /// <summary>Uptime that its place in the list stands for.</summary>
    internal TimeSpan PlacedAt { get; set; }

    /// <summary>Uptime when its last user went.</summary>
    internal TimeSpan LastUsed { get; set; }
}
