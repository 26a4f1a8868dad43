namespace Lustrous.Ldlm.Server;

/// <summary>
/// Who waits for whom among the file locks of a target, over all of its files: a wait that would close a circle is
/// refused (ldlm_flock_deadlock).
/// </summary>
/// <remarks>
/// As in Lustre a lock waits for the first one in its way only, and is looked at again when that one goes: whoever
/// closes the circle then is refused. Threads of a process share an owner, so an owner may wait for several.
/// </remarks>
sealed class FlockWaits
{
    readonly RankedLock _lock = new(15, "ldlm_flocks");
    readonly Dictionary<FlockOwner, ServerLock> _waiting = [];      // guarded by _lock; each the first of a chain

    /// <summary>Notes that <paramref name="waiter"/> waits for <paramref name="blocker"/>, instead of whom it waited
    /// for before. False when that would never end; it is not noted then.</summary>
    public bool TryWait(ServerLock waiter, ServerLock blocker)
    {
        FlockOwner self = FlockOwner.Of(waiter), other = FlockOwner.Of(blocker);
        using (_lock.Enter())
        {
            Unlink(waiter);
            if (LeadsTo(other, self))
                return false;
            waiter.WaitsAs = self;
            waiter.WaitsFor = other;
            waiter.NextOfOwner = _waiting.GetValueOrDefault(self);
            _waiting[self] = waiter;
            return true;
        }
    }

    /// <summary>It waits no more.</summary>
    public void Remove(ServerLock waiter)
    {
        using (_lock.Enter())
            Unlink(waiter);
    }

    void Unlink(ServerLock waiter)
    {
        if (waiter.WaitsAs is not { } self)
            return;
        waiter.WaitsAs = null;
        if (ReferenceEquals(_waiting[self], waiter))
        {
            if (waiter.NextOfOwner is { } next)
                _waiting[self] = next;
            else
                _waiting.Remove(self);
        }
        else
        {
            ServerLock before = _waiting[self];
            while (!ReferenceEquals(before.NextOfOwner, waiter))
                before = before.NextOfOwner!;
            before.NextOfOwner = waiter.NextOfOwner;
        }
        waiter.NextOfOwner = null;
    }

    /// <summary>Whether <paramref name="from"/> is <paramref name="to"/>, or waits for it or for one who
    /// does.</summary>
    bool LeadsTo(FlockOwner from, FlockOwner to)
    {
        if (from == to)
            return true;
        if (!_waiting.ContainsKey(from))
            return false;
        var seen = new HashSet<FlockOwner> { from };
        var open = new Stack<FlockOwner>([from]);
        while (open.TryPop(out FlockOwner next))
        {
            ServerLock? wait = _waiting.GetValueOrDefault(next);
            for (; wait is not null; wait = wait.NextOfOwner)
            {
                if (wait.WaitsFor == to)
                    return true;
                if (seen.Add(wait.WaitsFor))
                    open.Push(wait.WaitsFor);
            }
        }
        return false;
    }
}
