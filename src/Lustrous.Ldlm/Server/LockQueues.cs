using System.Numerics;
using Lustrous.Idl.Ldlm;

namespace Lustrous.Ldlm.Server;

/// <summary>What an enqueue came to at once.</summary>
enum EnqueueOutcome
{
    Granted,

    /// <summary>In the queue; a completion follows.</summary>
    Waiting,

    /// <summary>It would have had to wait, and was not to.</summary>
    WouldBlock,

    /// <summary>It asked for nothing but what others hold (try bits).</summary>
    NothingLeft,

    /// <summary>It would have waited for itself (file locks).</summary>
    Deadlock,
}

/// <summary>
/// The decisions about one resource: which locks are granted, which wait, who must give back. Pure: no time, no
/// network, no lock of its own; it changes its queues and says what is to be done.
/// </summary>
/// <remarks>
/// A lock is granted when nothing granted and nothing that has waited for longer is in conflict with it; whoever holds
/// what it needs is told once. So everybody gets a turn in order, and locks that do not touch each other pass. Source:
/// ldlm_process_extent_lock, ldlm_process_inodebits_lock, ldlm_process_plain_lock and ldlm_reprocess_queue.
/// </remarks>
sealed partial class LockQueues(LockType type, FlockWaits waits)
{
    const int ModeCount = 9;

    LockList _granted;
    LockList _waiting;
    readonly int[] _grantedByMode = new int[ModeCount];

    public LockList Granted => _granted;

    public LockList Waiting => _waiting;

    public bool IsEmpty => _granted.Count + _waiting.Count == 0;

    /// <summary>A new lock: grants it, or has it wait and tells who is in its way.</summary>
    public EnqueueOutcome Enqueue(ServerLock wanted, bool noWait, LockActions actions)
    {
        if (type == LockType.Flock)
            return EnqueueFlock(wanted, noWait, actions);
        if (TryGrant(wanted))
            return EnqueueOutcome.Granted;
        if (type == LockType.Ibits && wanted.Bits == 0)
            return EnqueueOutcome.NothingLeft;
        if (noWait)
            return EnqueueOutcome.WouldBlock;
        if (type == LockType.Ibits)
            KeepFreeTryBits(wanted);
        Wait(wanted);
        Block(wanted, actions);
        return EnqueueOutcome.Waiting;
    }

    /// <summary>Grants it if that is possible at once; else changes nothing.</summary>
    public bool TryGrant(ServerLock wanted)
    {
        if (type == LockType.Ibits && (wanted.Bits | FreeTryBits(wanted)) == 0)
            return false;
        if (!JoinsGroup(wanted) && (HasGrantedConflict(wanted) || HasWaitingConflict(wanted)))
            return false;
        Grant(wanted);
        return true;
    }

    /// <summary>Takes it as granted: the client says so, and nobody has said otherwise (replay).</summary>
    public void ForceGrant(ServerLock held)
    {
        held.GrantedMode = held.RequestedMode;
        AddGranted(held);
    }

    /// <summary>Puts it last in the queue without telling anybody.</summary>
    public void Wait(ServerLock wanted)
    {
        wanted.Queue = LockQueue.Waiting;
        _waiting.AddLast(wanted);
    }

    /// <summary>Takes a lock out of its queue for good; <see cref="Reprocess"/> then grants what it kept from
    /// others.</summary>
    public void Remove(ServerLock gone)
    {
        if (gone.Queue == LockQueue.Granted)
            RemoveGranted(gone);
        else if (gone.Queue == LockQueue.Waiting)
            _waiting.Remove(gone);
        if (type == LockType.Flock)
            waits.Remove(gone);
        gone.Queue = LockQueue.None;
        gone.IsDestroyed = true;
        gone.Blocker = null;
    }

    /// <summary>Grants what can be granted now, in order (ldlm_reprocess_queue).</summary>
    /// <param name="tellAgain">A lock was only reduced: whoever holds what is still needed must be told again.</param>
    /// <param name="actions">Completions, and who must give back.</param>
    public void Reprocess(bool tellAgain, LockActions actions)
    {
        if (type == LockType.Flock)
        {
            ReprocessFlocks(actions);
            return;
        }
        int first = actions.Count;
        bool granted = false;
        for (ServerLock? pending = _waiting.First; pending is not null;)
        {
            ServerLock? next = pending.NextInQueue;
            if (JoinsGroup(pending) || (!HasGrantedConflict(pending) && !HasWaitingConflict(pending)))
            {
                _waiting.Remove(pending);
                Grant(pending);
                actions.Add(pending, LockAction.Complete);
                granted = true;
            }
            else if (tellAgain)
            {
                Block(pending, actions);
            }
            pending = next;
        }
        if (!granted || _waiting.Count == 0)
            return;
        // Somebody waits already for what has just been granted: the completion says so.
        for (int i = first; i < actions.Count; i++)
        {
            if (actions[i].Action == LockAction.Complete)
                MarkIfWanted(actions[i].Lock);
        }
    }

    /// <summary>A client keeps only some bits; what it gave up goes to who waits (ldlm_handle_convert0).</summary>
    public void Drop(ServerLock held, InodeBits dropped, LockActions actions)
    {
        RemoveGranted(held);
        LdlmInodeBits bits = held.Policy.InodeBits;
        bits.Bits &= ~dropped;
        held.Policy = held.Policy with { InodeBits = bits };
        AddGranted(held);
        held.IsBlocked = false;
        held.Blocker = null;
        Reprocess(tellAgain: true, actions);
    }

    /// <summary>Marks a granted lock as to be given back if somebody waits for it; says whether it did.</summary>
    public bool MarkIfWanted(ServerLock held)
    {
        if (type == LockType.Flock || held.IsBlocked || held.Holder is null || held.GrantedMode == LockMode.GROUP)
            return false;
        for (ServerLock? pending = _waiting.First; pending is not null; pending = pending.NextInQueue)
        {
            if (LockConflicts.Exist(pending, held))
            {
                SetBlocked(held, pending);
                return true;
            }
        }
        return false;
    }

    /// <summary>Tells every holder that is in conflict and has not been told. The server's own locks go soon by
    /// themselves, and group locks when their users say so.</summary>
    void Block(ServerLock wanted, LockActions actions)
    {
        var visitor = new BlockVisitor(wanted, actions);
        for (int mode = 0; mode < ModeCount; mode++)
        {
            if (_grantedByMode[mode] == 0 || (LockMode)(1 << mode) == LockMode.GROUP
                || LockModes.AreCompatible(wanted.RequestedMode, (LockMode)(1 << mode)))
            {
                continue;
            }
            if (type == LockType.Extent)
            {
                bool isGroup = wanted.RequestedMode == LockMode.GROUP;
                LdlmExtent extent = wanted.RequestedExtent;
                _trees[mode]!.Visit(
                    isGroup ? 0 : extent.Start, isGroup ? ulong.MaxValue : extent.End, ref visitor);
                continue;
            }
            for (ServerLock? held = _granted.First; held is not null; held = held.NextInQueue)
            {
                if (held.GrantedMode == (LockMode)(1 << mode) && LockConflicts.Exist(wanted, held))
                    visitor.Visit(held);
            }
        }
    }

    static void SetBlocked(ServerLock held, ServerLock blocker)
    {
        held.IsBlocked = true;
        held.Blocker = blocker;
        if ((blocker.Flags & LockFlags.AST_DISCARD_DATA) != 0)
            held.Flags |= LockFlags.DISCARD_DATA;
    }

    bool HasGrantedConflict(ServerLock wanted)
    {
        for (int mode = 0; mode < ModeCount; mode++)
        {
            if (_grantedByMode[mode] != 0 && ConflictsWith(wanted, mode))
                return true;
        }
        return false;
    }

    bool ConflictsWith(ServerLock wanted, int mode)
    {
        var held = (LockMode)(1 << mode);
        if (held == LockMode.GROUP && wanted.RequestedMode == LockMode.GROUP)
            return FirstGroup()!.GroupId != wanted.GroupId;     // all that are granted are of one group
        if (LockModes.AreCompatible(wanted.RequestedMode, held))
            return false;
        return type switch
        {
            LockType.Extent => held == LockMode.GROUP || wanted.RequestedMode == LockMode.GROUP
                || _trees[mode]!.FirstOverlap(wanted.RequestedExtent.Start, wanted.RequestedExtent.End) is not null,
            LockType.Ibits => (GrantedBits(mode) & wanted.Bits) != 0,
            _ => true,
        };
    }

    bool HasWaitingConflict(ServerLock wanted)
    {
        // What came later has to wait for this one, not this one for it.
        for (ServerLock? other = _waiting.First; other is not null; other = other.NextInQueue)
        {
            if (ReferenceEquals(other, wanted))
                return false;
            if (LockConflicts.Exist(wanted, other))
                return true;
        }
        return false;
    }

    /// <summary>One more of a group that is in: it need not queue up behind those who wait for the group to
    /// end.</summary>
    bool JoinsGroup(ServerLock wanted) =>
        wanted.RequestedMode == LockMode.GROUP && FirstGroup() is { } group && group.GroupId == wanted.GroupId
        && !HasGrantedConflict(wanted);

    /// <summary>Some group has the object to itself.</summary>
    public bool HasGroup => FirstGroup() is not null;

    ServerLock? FirstGroup()
    {
        if (_grantedByMode[BitOperations.Log2((uint)LockMode.GROUP)] == 0)
            return null;
        ServerLock? held = _granted.First;
        while (held!.GrantedMode != LockMode.GROUP)
            held = held.NextInQueue;
        return held;
    }

    void Grant(ServerLock wanted)
    {
        if (type == LockType.Ibits)
            TakeTryBits(wanted);
        else if (type == LockType.Extent)
            Expand(wanted);
        wanted.GrantedMode = wanted.RequestedMode;
        AddGranted(wanted);
    }

    void AddGranted(ServerLock held)
    {
        int mode = BitOperations.Log2((uint)held.GrantedMode);
        held.Queue = LockQueue.Granted;
        _granted.AddLast(held);
        _grantedByMode[mode]++;
        if (_trees.Length > 0)
        {
            LdlmExtent extent = held.Policy.Extent;     // a file lock's range stands in the same words
            (_trees[mode] ??= new ExtentTree<ServerLock>()).Add(held, extent.Start, extent.End);
        }
        else if (type == LockType.Ibits)
        {
            CountBits(held.Bits, mode, 1);
        }
    }

    void RemoveGranted(ServerLock held)
    {
        int mode = BitOperations.Log2((uint)held.GrantedMode);
        _granted.Remove(held);
        _grantedByMode[mode]--;
        if (_trees.Length > 0)
            _trees[mode]!.Remove(held);
        else if (type == LockType.Ibits)
            CountBits(held.Bits, mode, -1);
    }

    ref struct BlockVisitor(ServerLock wanted, LockActions actions) : IExtentVisitor<ServerLock>
    {
        readonly ServerLock _wanted = wanted;
        readonly LockActions _actions = actions;

        public readonly bool Visit(ServerLock item)
        {
            if (!item.IsBlocked && item.Holder is not null)
            {
                SetBlocked(item, _wanted);
                _actions.Add(item, LockAction.Block);
            }
            return true;
        }
    }
}
