using Lustrous.Idl.Ldlm;

namespace Lustrous.Ldlm.Server;

// Ranges of an object: trees by mode, and how much more than was asked for a client gets.
sealed partial class LockQueues
{
    const ulong PageSize = 4096;

    /// <summary>A busy object's write lock grows by no more than this (<c>LDLM_MAX_GROWN_EXTENT</c>).</summary>
    const ulong MaxGrownExtent = (32 << 20) - 1;

    /// <summary>Conflicts with granted locks from which on an object counts as busy.</summary>
    const int BusyGranted = 32;

    /// <summary>Waiting locks in conflict from which on a lock does not grow downwards.</summary>
    const int BusyWaiting = 4;

    readonly ExtentTree<ServerLock>?[] _trees =
        type is LockType.Extent or LockType.Flock ? new ExtentTree<ServerLock>?[ModeCount] : [];

    /// <summary>Shows the granted locks of some modes that overlap a range.</summary>
    public void VisitGranted<TVisitor>(LockMode modes, ulong start, ulong end, ref TVisitor visitor)
        where TVisitor : struct, IExtentVisitor<ServerLock>, allows ref struct
    {
        for (int mode = 0; mode < _trees.Length; mode++)
        {
            if (((LockMode)(1 << mode) & modes) != 0)
                _trees[mode]?.Visit(start, end, ref visitor);
        }
    }

    /// <summary>Shows the granted locks of every mode but PR, each by falling start, until told to go on to the next
    /// mode.</summary>
    public void VisitWritersDown<TVisitor>(ref TVisitor visitor)
        where TVisitor : struct, IExtentVisitor<ServerLock>, allows ref struct
    {
        for (int mode = 0; mode < _trees.Length; mode++)
        {
            if ((LockMode)(1 << mode) != LockMode.PR)
                _trees[mode]?.VisitDown(ref visitor);
        }
    }

    /// <summary>
    /// Gives a client as much around what it asked for as nobody else holds or waits for, so that it need not ask for
    /// every page (ldlm_extent_policy).
    /// </summary>
    void Expand(ServerLock wanted)
    {
        LdlmExtent asked = wanted.RequestedExtent;
        if (wanted.Holder is null || (asked.Start == 0 && asked.End == ulong.MaxValue))
            return;
        ulong start = 0, end = ulong.MaxValue;
        if ((wanted.Flags & LockFlags.NO_EXPANSION) != 0)
        {
            (start, end) = (asked.Start, asked.End);
            Align(wanted, 0, ref start, ref end);
        }
        else
        {
            ExpandAmongGranted(wanted, ref start, ref end);
            ExpandAmongWaiting(wanted, ref start, ref end);
        }
        if (start == asked.Start && end == asked.End)
            return;
        wanted.Flags |= LockFlags.LOCK_CHANGED;
        wanted.Policy = wanted.Policy with { Extent = asked with { Start = start, End = end } };
    }

    void ExpandAmongGranted(ServerLock wanted, ref ulong start, ref ulong end)
    {
        LdlmExtent asked = wanted.RequestedExtent;
        int conflicts = 0;
        for (int mode = 0; mode < ModeCount; mode++)
        {
            if (_trees[mode] is not { Count: > 0 } tree
                || LockModes.AreCompatible(wanted.RequestedMode, (LockMode)(1 << mode)))
            {
                continue;
            }
            conflicts += tree.Count;
            // Files are written forwards: the room below is left to whoever comes there.
            start = asked.Start;
            if (asked.End < ulong.MaxValue - 1 && tree.FirstOverlap(asked.End + 1, ulong.MaxValue) is { } behind)
                end = Math.Min(end, behind.Start - 1);
        }
        Align(wanted, conflicts, ref start, ref end);
    }

    void ExpandAmongWaiting(ServerLock wanted, ref ulong start, ref ulong end)
    {
        LdlmExtent asked = wanted.RequestedExtent;
        int conflicts = 0;
        for (ServerLock? other = _waiting.First; other is not null; other = other.NextInQueue)
        {
            if (start == asked.Start && end == asked.End)
                return;
            // Overlapping locks of one client take long to give back: it gets none, though modes agree.
            bool agrees = LockModes.AreCompatible(other.RequestedMode, wanted.RequestedMode);
            if (ReferenceEquals(other, wanted) || (agrees && !ReferenceEquals(other.Holder, wanted.Holder)))
                continue;
            if (++conflicts > BusyWaiting)
                start = asked.Start;
            LdlmExtent its = other.RequestedExtent;
            bool touches = its.Start <= end && its.End >= start;
            bool unavoidable = its.Start <= asked.End && its.End >= asked.Start;
            if (!touches || unavoidable)
                continue;
            if (its.Start < asked.Start)
                start = Math.Max(start, its.End + 1);
            else
                end = Math.Min(end, its.Start - 1);
        }
        Align(wanted, conflicts, ref start, ref end);
    }

    /// <summary>
    /// Keeps it small on a busy object, and on bounds as round as those that were asked for, at least on pages, so that
    /// no page is under two locks.
    /// </summary>
    static void Align(ServerLock wanted, int conflicts, ref ulong start, ref ulong end)
    {
        LdlmExtent asked = wanted.RequestedExtent;
        bool isWrite = (wanted.RequestedMode & (LockMode.PW | LockMode.CW)) != 0;
        if (conflicts > BusyGranted && isWrite && asked.Start < ulong.MaxValue - MaxGrownExtent
            && asked.End < asked.Start + MaxGrownExtent)
        {
            end = Math.Min(end, asked.Start + MaxGrownExtent);
        }
        if (start == 0 && end == ulong.MaxValue)
            return;
        ulong unit = PageSize;
        ulong bounds = (asked.End + 1) | asked.Start;
        if (bounds != 0 && bounds % PageSize == 0)
            unit = bounds & (~bounds + 1);
        ulong mask = unit - 1;
        // Only ever smaller; but what was asked for stays in, also where that was on no page's bounds.
        if (start != 0)
            start = Math.Min(((start - 1) | mask) + 1, asked.Start);
        if (end != ulong.MaxValue)
            end = Math.Max(((end + 1) & ~mask) - 1, asked.End);
    }
}
