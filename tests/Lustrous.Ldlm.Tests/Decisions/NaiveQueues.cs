using Lustrous.Idl.Ldlm;
using Lustrous.Ldlm.Server;

namespace Lustrous.Ldlm.Tests.Decisions;

/// <summary>The rules of granting once more, as plainly as they can be said.</summary>
sealed class NaiveQueues(LockType type)
{
    readonly List<Entry> _all = [];     // in order of arrival

    public EnqueueOutcome Enqueue(ServerLock asked, bool noWait)
    {
        var entry = new Entry(asked);
        if (MayHave(entry))
        {
            entry.Granted = true;
            _all.Add(entry);
            return EnqueueOutcome.Granted;
        }
        if (noWait)
            return EnqueueOutcome.WouldBlock;
        _all.Add(entry);
        return EnqueueOutcome.Waiting;
    }

    public void Remove(ulong number)
    {
        _all.RemoveAll(entry => entry.Lock.Number == number);
        foreach (Entry entry in _all)
        {
            if (!entry.Granted && MayHave(entry))
                entry.Granted = true;
        }
    }

    /// <summary>The same locks are granted, and exactly those that somebody waits for have been asked back.</summary>
    public bool Agrees(List<ServerLock> live, out string? why)
    {
        foreach (ServerLock item in live)
        {
            Entry entry = _all.Single(entry => entry.Lock.Number == item.Number);
            why = $"{item.Number} {item.RequestedMode} is {(item.IsGranted ? "" : "not ")}granted";
            if (entry.Granted != item.IsGranted)
                return false;
            bool wanted = item.IsGranted && _all.Exists(
                other => !other.Granted && Conflict(other.Mode, other.Range, other.Bits, other.Group, item));
            why = $"{item.Number} {item.GrantedMode} is {(item.IsBlocked ? "" : "not ")}asked back";
            if (wanted && !item.IsBlocked && item.GrantedMode != LockMode.GROUP)
                return false;
            if (item.IsGranted && live.Exists(other => other.IsGranted && !ReferenceEquals(other, item)
                && Conflict(other.GrantedMode, (other.Policy.Extent.Start, other.Policy.Extent.End), other.Bits,
                    other.GroupId, item)))
            {
                why = $"{item.Number} is granted against another";
                return false;
            }
            if (type == LockType.Extent && item.IsGranted
                && (item.Policy.Extent.Start > item.RequestedExtent.Start
                    || item.Policy.Extent.End < item.RequestedExtent.End))
            {
                why = $"{item.Number} got less than it asked for";
                return false;
            }
        }
        why = null;
        return true;
    }

    bool MayHave(Entry wanted)
    {
        // One more of a group that is in need not wait for those who wait for the group.
        bool joins = wanted.Mode == LockMode.GROUP
            && _all.Exists(other => other.Granted && other.Mode == LockMode.GROUP && other.Group == wanted.Group);
        foreach (Entry other in _all)
        {
            if (ReferenceEquals(other, wanted))
                break;
            if (!other.Granted && !joins && Conflict(wanted.Mode, wanted.Range, wanted.Bits, wanted.Group, other))
                return false;
        }
        return !_all.Exists(other => other.Granted
            && Conflict(wanted.Mode, wanted.Range, wanted.Bits, wanted.Group, other.Lock));
    }

    bool Conflict(LockMode mode, (ulong, ulong) range, InodeBits bits, ulong group, Entry other) =>
        Conflict(mode, range, bits, group, other.Mode, other.Range, other.Bits, other.Group);

    bool Conflict(LockMode mode, (ulong, ulong) range, InodeBits bits, ulong group, ServerLock other) => Conflict(
        mode, range, bits, group, other.IsGranted ? other.GrantedMode : other.RequestedMode,
        (other.Policy.Extent.Start, other.Policy.Extent.End), other.Bits, other.GroupId);

    bool Conflict(
        LockMode mode, (ulong Start, ulong End) range, InodeBits bits, ulong group,
        LockMode otherMode, (ulong Start, ulong End) otherRange, InodeBits otherBits, ulong otherGroup)
    {
        bool groups = mode == LockMode.GROUP && otherMode == LockMode.GROUP;
        bool compatible = (mode, otherMode) switch
        {
            (LockMode.GROUP, LockMode.GROUP) => group == otherGroup,
            (LockMode.CR, not (LockMode.EX or LockMode.GROUP)) => true,
            (not (LockMode.EX or LockMode.GROUP), LockMode.CR) => true,
            (LockMode.PR, LockMode.PR) => true,
            (LockMode.CW, LockMode.CW) => true,
            _ => false,
        };
        if (compatible)
            return false;
        return type switch
        {
            LockType.Extent => groups || mode == LockMode.GROUP || otherMode == LockMode.GROUP
                || (range.Start <= otherRange.End && otherRange.Start <= range.End),
            LockType.Ibits => (bits & otherBits) != 0,
            _ => true,
        };
    }

    sealed class Entry(ServerLock asked)
    {
        public ServerLock Lock => asked;

        public bool Granted { get; set; }

        public LockMode Mode { get; } = asked.RequestedMode;

        public (ulong Start, ulong End) Range { get; } = (asked.RequestedExtent.Start, asked.RequestedExtent.End);

        public InodeBits Bits { get; } = asked.Policy.InodeBits.Bits;

        public ulong Group { get; } = asked.GroupId;
    }
}
