using Lustrous.LNet.Matching;

namespace Lustrous.LNet;

/// <summary>
/// PUTs that wait at a lazy portal until a descriptor is posted; bounded in number and bytes (lib-ptl.c).
/// </summary>
public sealed partial class LNetNode
{
    int _delayedMessages;
    long _delayedBytes;

    /// <summary>
    /// PUTs to <paramref name="portal"/> that find no descriptor wait, bounded, for one (LNetSetLazyPortal).
    /// </summary>
    public void SetLazyPortal(int portal)
    {
        Lassert.That((uint)portal < PortalCount);
        using (_portals[portal].Lock.Enter())
            _portals[portal].Lazy = true;
    }

    /// <summary>Ends <see cref="SetLazyPortal"/> and drops what waits (LNetClearLazyPortal).</summary>
    public void ClearLazyPortal(int portal)
    {
        Lassert.That((uint)portal < PortalCount);
        Portal at = _portals[portal];
        while (true)
        {
            DelayedPut? dropped;
            using (at.Lock.Enter())
            {
                at.Lazy = false;
                dropped = at.Delayed.First?.Value;
                if (dropped is null)
                    return;
                at.Delayed.RemoveFirst();
            }
            DropDelayed(dropped, "waited at a portal that is closed now");
        }
    }

    /// <summary>PUTs that wait for a descriptor now.</summary>
    public int DelayedMessages => Volatile.Read(ref _delayedMessages);

    /// <summary>Takes the room that a waiting message needs, and has the driver put its payload there.</summary>
    string? PrepareDelay(LNetReceive receive)
    {
        int length = (int)receive.Header.PayloadLength;
        PooledBuffer? buffer = null;
        int count = Interlocked.Increment(ref _delayedMessages);
        if (count > Options.MaxDelayedMessages
            || !(receive.Peer?.TryDelay(Options.MaxDelayedMessagesPerPeer) ?? true))
        {
            Interlocked.Decrement(ref _delayedMessages);
            return "finds no descriptor, and too many wait already";
        }
        if (length > 0)
        {
            buffer = Context.Buffers.Take(length);
            if (Interlocked.Add(ref _delayedBytes, buffer.Capacity) > Options.MaxDelayedBytes)
            {
                EndDelay(receive.Peer, buffer);
                return "finds no descriptor, and too many bytes wait already";
            }
            receive.SetDestination([buffer.Slice(0, length)]);
            receive.DestinationLength = length;
        }
        receive.DelayBuffer = buffer;
        receive.Kind = ReceiveKind.Delay;
        return null;
    }

    void EndDelay(Peers.LNetPeerInterface? peer, PooledBuffer? buffer)
    {
        Interlocked.Decrement(ref _delayedMessages);
        peer?.EndDelay();
        if (buffer is null)
            return;
        Interlocked.Add(ref _delayedBytes, -buffer.Capacity);
        buffer.Dispose();
    }

    void EndDelayReceive(LNetReceive receive, Errno status)
    {
        PooledBuffer? buffer = receive.DelayBuffer;
        receive.DelayBuffer = null;
        if (status != Errno.OK)
        {
            EndDelay(receive.Peer, buffer);
            return;
        }
        var delayed = new DelayedPut(
            receive.Header, receive.From, receive.Interface, receive.Peer, receive.Event.Initiator, buffer);
        Portal portal = _portals[receive.Header.Portal];
        bool waits;
        using (portal.Lock.Enter())
        {
            waits = portal.Lazy;
            if (waits)
                portal.Delayed.AddLast(delayed);
        }
        if (waits)
            DrainDelayed(portal);   // a descriptor may have come while the payload did
        else
            DropDelayed(delayed, "waited at a portal that is closed now");
    }

    /// <summary>
    /// Hands out waiting messages until none matches. One thread at a time does it: a handler that posts a descriptor
    /// from within is served by the thread already at it, so that the stack does not grow with the queue.
    /// </summary>
    void DrainDelayed(Portal portal)
    {
        using (portal.Lock.Enter())
        {
            if (portal.Draining)
                return;
            portal.Draining = true;
        }
        while (true)
        {
            DelayedPut? next;
            MatchResult match;
            using (portal.Lock.Enter())
            {
                next = TakeMatching(portal, out match);
                if (next is null)
                {
                    portal.Draining = false;
                    return;
                }
            }
            if (match.Outcome == MatchOutcome.Found)
                DeliverDelayed(next, match);
            else
                DropDelayed(next, "is too big for its descriptor");
        }
    }

    static DelayedPut? TakeMatching(Portal portal, out MatchResult match)
    {
        for (LinkedListNode<DelayedPut>? node = portal.Delayed.First; node is not null; node = node.Next)
        {
            match = portal.Match(PutRequest(node.Value.Header, node.Value.Initiator, movable: true));
            if (match.Outcome == MatchOutcome.None)
                continue;
            portal.Delayed.Remove(node);
            return node.Value;
        }
        match = default;
        return null;
    }

    void DeliverDelayed(DelayedPut delayed, in MatchResult match)
    {
        int length = (int)delayed.Header.PayloadLength;
        EventInfo info = new()
        {
            Kind = LNetEventKind.Put,
            Initiator = delayed.Initiator,
            Source = new LNetProcessId(delayed.Header.SourceNid, delayed.Header.SourcePid),
            Sender = delayed.From,
            SelfNid = delayed.Header.DestinationNid,
            Portal = (int)delayed.Header.Portal,
            MatchBits = delayed.Header.MatchBits,
            HeaderData = delayed.Header.HeaderData,
            Offset = match.Offset,
            MatchedLength = match.Length,
            RequestedLength = length,
        };
        PooledBuffer? buffer = delayed.Buffer;
        if (buffer is not null)
        {
            if (match.Move)
            {
                // The payload stands at the start of a buffer of its own already.
                info.MovedBuffer = buffer;
                Interlocked.Add(ref _delayedBytes, -buffer.Capacity);
                buffer = null;
            }
            else
            {
                ReadOnlySpan<IoVec> to = match.Descriptor.Slice(match.Offset, match.Length, out int skip);
                FragmentCopy.Copy([buffer.Slice(0, length)], 0, to, skip, match.Length);
            }
        }
        EndDelay(delayed.Peer, buffer);
        bool ack = WantsAck(delayed.Header, match.Descriptor);
        Errno status = EndOperation(match.Descriptor, info, Errno.OK);
        if (ack && status == Errno.OK)
            SendAck(delayed.Interface, delayed.Header, match.Length, delayed.From);
    }

    void DropDelayed(DelayedPut delayed, string reason)
    {
        delayed.Interface.CountDropped(delayed.Header.PayloadLength);
        Log(LogLevel.Warning, delayed.Header, delayed.From, reason);
        EndDelay(delayed.Peer, delayed.Buffer);
    }
}
