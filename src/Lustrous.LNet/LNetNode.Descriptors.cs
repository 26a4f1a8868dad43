using Lustrous.LNet.Matching;

namespace Lustrous.LNet;

/// <summary>Linking, unlinking and the events of descriptors (lib-md.c, lib-me.c, lnet_msg_detach_md).</summary>
public sealed partial class LNetNode
{
    /// <summary>
    /// Makes a descriptor reachable: PUTs or GETs to <paramref name="portal"/> from <paramref name="match"/> whose
    /// match bits equal <paramref name="matchBits"/> outside <paramref name="ignoreBits"/> (LNetMEAttach +
    /// LNetMDAttach).
    /// </summary>
    /// <returns>EINVAL: no such portal, no operation allowed, or fragments and length disagree; EBUSY: already linked;
    /// ESHUTDOWN.</returns>
    /// <remarks>
    /// With ignore bits it is tried before all that have none, as in LNet. Messages that waited for it at a lazy portal
    /// are delivered before this returns, unless another thread is delivering some already.
    /// </remarks>
    public Errno Attach(
        int portal, LNetProcessId match, ulong matchBits, ulong ignoreBits, MdUnlink unlink, MatchPosition position,
        MemoryDescriptor md)
    {
        if ((uint)portal >= PortalCount || (md.Options & (MdOptions.OpPut | MdOptions.OpGet)) == 0 || !md.IsValid())
            return Errno.EINVAL;
        if (md.IsLinked)
            return Errno.EBUSY;
        if (Stopping)
            return Errno.ESHUTDOWN;
        Portal at = _portals[portal];
        bool delayed;
        using (at.Lock.Enter())
        {
            md.ResetLink(at);
            md.MatchId = match;
            md.MatchBits = matchBits;
            md.IgnoreBits = ignoreBits;
            md.AutoUnlink = unlink == MdUnlink.Unlink;
            at.Insert(md, position);
            delayed = at.Delayed.First is not null;
        }
        if (delayed)
            DrainDelayed(at);
        return Errno.OK;
    }

    /// <summary>
    /// Takes a descriptor out. Its final event comes with <c>Unlinked</c>: at once when idle, else when the operation
    /// under way ends, then with ETIMEDOUT if that went well (LNetMDUnlink). Harmless when it is already out.
    /// </summary>
    public void Unlink(MemoryDescriptor md) => Unlink(md, Errno.OK);

    void Unlink(MemoryDescriptor md, Errno reason)
    {
        MdOwner? owner = md.Owner;
        if (owner is null)
            return;
        ILNetEventHandler? handler;
        using (owner.Lock.Enter())
        {
            if (md.Owner != owner)
                return;
            md.Zombie = true;
            if (md.AbortStatus == Errno.OK)
                md.AbortStatus = reason == Errno.OK ? Errno.ETIMEDOUT : reason;
            owner.Hide(md);
            if (md.BusyCount != 0 || md.Handling)
                return;     // whoever is busy with it delivers the last event
            handler = md.Handler;
            owner.Release(md);
        }
        DeliverUnlink(md, handler, reason);
    }

    static void DeliverUnlink(MemoryDescriptor md, ILNetEventHandler? handler, Errno reason)
    {
        EventInfo info = new()
        {
            Kind = LNetEventKind.Unlink,
            Initiator = LNetProcessId.Any,
            Source = LNetProcessId.Any,
        };
        info.Deliver(md, handler, reason, unlinked: true);
    }

    /// <summary>
    /// Ends one operation on a descriptor and delivers its event. Events of one descriptor are delivered one at a time,
    /// the one that says <c>Unlinked</c> last; a thread that finds another in the handler leaves its event to that one.
    /// </summary>
    /// <returns>The status the event carries; an operation aborted by an unlink has failed whatever the network
    /// says.</returns>
    Errno EndOperation(MemoryDescriptor md, in EventInfo info, Errno status)
    {
        MdOwner owner = md.Owner!;      // busy, so it is linked
        ILNetEventHandler? handler;
        bool unlinked;
        using (owner.Lock.Enter())
        {
            if (status == Errno.OK)
                status = md.AbortStatus;
            if (md.Handling)
            {
                md.Enqueue(new PendingEvent(info, status));
                return status;
            }
            unlinked = ReleaseIfLast(owner, md);
            handler = md.Handler;
            md.Handling = !unlinked;
        }
        info.Deliver(md, handler, status, unlinked);
        if (!unlinked)
            EndHandling(owner, md);
        return status;
    }

    /// <summary>Delivers what came in while this thread was in the descriptor's handler.</summary>
    static void EndHandling(MdOwner owner, MemoryDescriptor md)
    {
        while (true)
        {
            PendingEvent? pending;
            ILNetEventHandler? handler;
            Errno reason;
            bool unlinked;
            using (owner.Lock.Enter())
            {
                handler = md.Handler;
                reason = md.AbortStatus == Errno.ETIMEDOUT ? Errno.OK : md.AbortStatus;
                pending = md.Dequeue();
                if (pending is not null)
                {
                    unlinked = ReleaseIfLast(owner, md);
                }
                else
                {
                    md.Handling = false;
                    unlinked = md.Zombie && md.BusyCount == 0;
                    if (!unlinked)
                        return;
                    owner.Release(md);
                }
            }
            if (pending is null)
                DeliverUnlink(md, handler, reason);
            else
                pending.Info.Deliver(md, handler, pending.Status, unlinked);
            if (unlinked)
                return;
        }
    }

    /// <summary>One message less uses it; true when that was the last and the descriptor is its user's again.</summary>
    static bool ReleaseIfLast(MdOwner owner, MemoryDescriptor md)
    {
        md.BusyCount--;
        Lassert.That(md.BusyCount >= 0);
        bool unlinked = md.BusyCount == 0 && (md.Zombie || md.AutoUnlink && md.Exhausted);
        if (unlinked)
        {
            md.Handling = false;
            owner.Release(md);
        }
        else if (md.BusyCount == 0 && md.Threshold == MemoryDescriptor.InfiniteThreshold)
        {
            owner.Untrack(md);
        }
        return unlinked;
    }
}
