using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ptlrpc;

namespace Lustrous.Ldlm.Server;

// File locks, flock(2) and fcntl(2) alike: ranges that belong to an owner, who may take them in pieces, change their
// mode and give pieces back. Nobody is asked to give one up. Source: lustre/ldlm/ldlm_flock.c.
sealed partial class LockQueues
{
    const int ReadIndex = 2, WriteIndex = 1;        // of PR and PW in what is kept by mode

    /// <summary>The granted lock of somebody else that is in the way of <paramref name="wanted"/> and starts first;
    /// null for none (F_GETLK).</summary>
    public ServerLock? FirstFlockConflict(ServerLock wanted)
    {
        if (wanted.RequestedMode == LockMode.NL)
            return null;
        LdlmExtent range = wanted.Policy.Extent;
        var visitor = new ForeignVisitor(wanted);
        _trees[WriteIndex]?.Visit(range.Start, range.End, ref visitor);
        ServerLock? writer = visitor.Found;
        if (wanted.RequestedMode == LockMode.PR)
            return writer;
        visitor.Found = null;
        _trees[ReadIndex]?.Visit(range.Start, range.End, ref visitor);
        return writer is null || (visitor.Found is { } reader && reader.Start < writer.Start) ? visitor.Found : writer;
    }

    /// <summary>Grants it, has it wait, or refuses it; mode NL gives the range back.</summary>
    EnqueueOutcome EnqueueFlock(ServerLock wanted, bool noWait, LockActions actions)
    {
        if (wanted.RequestedMode == LockMode.NL)
            CancelWait(wanted, actions);
        if (FirstFlockConflict(wanted) is not { } blocker)
        {
            if (GrantFlock(wanted, joins: true, actions))
                ReprocessFlocks(actions);
            return EnqueueOutcome.Granted;
        }
        if (noWait)
            return EnqueueOutcome.WouldBlock;
        if (!waits.TryWait(wanted, blocker))
            return EnqueueOutcome.Deadlock;
        Wait(wanted);
        return EnqueueOutcome.Waiting;
    }

    /// <summary>Grants what nobody is in the way of any more, and looks for circles anew.</summary>
    void ReprocessFlocks(LockActions actions)
    {
        for (ServerLock? pending = _waiting.First; pending is not null;)
        {
            ServerLock? next = pending.NextInQueue;
            if (FirstFlockConflict(pending) is { } blocker)
            {
                // A client that cannot be told keeps waiting.
                if (!waits.TryWait(pending, blocker)
                    && (pending.Export is not { } export || export.Supports(ConnectFlags.FLOCK_DEAD)))
                {
                    Refuse(pending, isDeadlock: true, actions);
                }
            }
            else
            {
                _waiting.Remove(pending);
                waits.Remove(pending);
                // Whoever gave up the wait meanwhile cancels exactly what it asked for: it stays apart from the owner's
                // other ranges.
                if (GrantFlock(pending, joins: false, actions))
                    next = _waiting.First;
                actions.Add(pending, LockAction.Complete);
            }
            pending = next;
        }
    }

    /// <summary>What the owner held of the range is replaced; says whether others may want what that set
    /// free.</summary>
    bool GrantFlock(ServerLock wanted, bool joins, LockActions actions)
    {
        LockMode mode = wanted.RequestedMode;
        LdlmFlockWire range = wanted.Policy.Flock;
        ulong start = range.Start, end = range.End;
        bool frees = false;
        List<ServerLock>? own = OwnAround(wanted);
        for (int i = 0; i < own?.Count; i++)
        {
            ServerLock held = own[i];
            LdlmFlockWire old = held.Policy.Flock;
            if (joins && held.GrantedMode == mode)
            {
                range.Start = Math.Min(range.Start, old.Start);
                range.End = Math.Max(range.End, old.End);
                Absorb(held, actions);
            }
            else if (old.Start <= end && old.End >= start)
            {
                frees |= mode == LockMode.NL || (mode == LockMode.PR && held.GrantedMode == LockMode.PW);
                Cut(held, start, end, wanted.Number, actions);
            }
        }
        wanted.GrantedMode = mode;
        if (mode == LockMode.NL)
        {
            wanted.IsDestroyed = true;
            return frees;
        }
        wanted.Policy = wanted.Policy with { Flock = range };
        AddGranted(wanted);
        return frees;
    }

    /// <summary>Takes the bytes from <paramref name="start"/> to <paramref name="end"/> out of a lock; the rest may be
    /// two.</summary>
    void Cut(ServerLock held, ulong start, ulong end, ulong number, LockActions actions)
    {
        LdlmFlockWire range = held.Policy.Flock;
        bool keepsFront = range.Start < start, keepsBack = range.End > end;
        if (!keepsFront && !keepsBack)
        {
            Absorb(held, actions);
            return;
        }
        RemoveGranted(held);
        LdlmFlockWire front = range, back = range;
        front.End = start - 1;
        back.Start = end + 1;
        held.Policy = held.Policy with { Flock = keepsFront ? front : back };
        AddGranted(held);
        if (!keepsFront || !keepsBack)
            return;
        var rest = new ServerLock(
            held.Resource, held.Holder, held.GrantedMode, held.Policy with { Flock = back }, number)
        {
            GrantedMode = held.GrantedMode,
        };
        held.Resource.Users++;
        AddGranted(rest);
        actions.Add(rest, LockAction.Register);
    }

    void Absorb(ServerLock held, LockActions actions)
    {
        RemoveGranted(held);
        held.Queue = LockQueue.None;
        held.IsDestroyed = true;
        held.IsAbsorbed = true;
        actions.Add(held, LockAction.Unregister);
    }

    /// <summary>Giving back exactly what a lock of one's own waits for ends that wait (F_CANCELLK).</summary>
    void CancelWait(ServerLock wanted, LockActions actions)
    {
        LdlmFlockWire range = wanted.Policy.Flock;
        for (ServerLock? pending = _waiting.First; pending is not null; pending = pending.NextInQueue)
        {
            LdlmFlockWire other = pending.Policy.Flock;
            if (IsSameOwner(pending, wanted) && other.Start == range.Start && other.End == range.End)
            {
                Refuse(pending, isDeadlock: false, actions);
                return;
            }
        }
    }

    void Refuse(ServerLock pending, bool isDeadlock, LockActions actions)
    {
        _waiting.Remove(pending);
        waits.Remove(pending);
        pending.Queue = LockQueue.None;
        pending.IsDestroyed = true;
        if (isDeadlock)
            pending.Flags |= LockFlags.FLOCK_DEADLOCK;
        actions.Add(pending, LockAction.Refuse);
    }

    /// <summary>The owner's granted locks that overlap or touch the range.</summary>
    List<ServerLock>? OwnAround(ServerLock wanted)
    {
        LdlmExtent range = wanted.Policy.Extent;
        ulong start = range.Start > 0 ? range.Start - 1 : 0;
        ulong end = range.End < ulong.MaxValue ? range.End + 1 : ulong.MaxValue;
        var visitor = new OwnVisitor(wanted);
        _trees[ReadIndex]?.Visit(start, end, ref visitor);
        _trees[WriteIndex]?.Visit(start, end, ref visitor);
        return visitor.Found;
    }

    static bool IsSameOwner(ServerLock a, ServerLock b) =>
        ReferenceEquals(a.Holder, b.Holder) && a.Policy.Flock.Owner == b.Policy.Flock.Owner;

    ref struct ForeignVisitor(ServerLock wanted) : IExtentVisitor<ServerLock>
    {
        readonly ServerLock _wanted = wanted;

        public ServerLock? Found { get; set; }

        public bool Visit(ServerLock item)
        {
            if (IsSameOwner(item, _wanted))
                return true;
            Found = item;
            return false;
        }
    }

    ref struct OwnVisitor(ServerLock wanted) : IExtentVisitor<ServerLock>
    {
        readonly ServerLock _wanted = wanted;

        public List<ServerLock>? Found { get; private set; }

        public bool Visit(ServerLock item)
        {
            if (IsSameOwner(item, _wanted))
                (Found ??= []).Add(item);
            return true;
        }
    }
}
