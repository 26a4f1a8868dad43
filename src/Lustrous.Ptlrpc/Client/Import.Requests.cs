using Lustrous.Idl.Ptlrpc;

namespace Lustrous.Ptlrpc.Client;

// The requests of an import: who may go, who waits, and what their replies tell it.
public sealed partial class Import
{
    ulong _highestReplied;          // guarded by _lock
    long _lastReplySeconds;         // guarded by _lock
    bool _disposed;                 // guarded by _lock
    TaskCompletionSource? _drained; // set under _lock: no request is left
    bool _invalidateWhenDrained;    // guarded by _lock
    long _timeoutCount, _requestTotal, _waitTicks;      // guarded by _lock

    /// <summary>
    /// Decides about a request, numbers it and puts it in its list. A request that has to wait is kicked with
    /// <see cref="RequestEvents.Wake"/> when it may try again.
    /// </summary>
    internal Admission Admit(PtlrpcRequest request, bool isResend, out SendTicket ticket)
    {
        ticket = default;
        using (_lock.Enter())
        {
            request.ListNode.List?.Remove(request.ListNode);
            if (!isResend && request.Attempts == 0 && request.SendState != ImportState.Full)
                request.Generation = _machine.Generation;
            Admission admission = _machine.Admit(request.Traits with { IsResend = isResend });
            if (admission.Error != Errno.OK)
                return admission;
            if (!admission.IsSent)
            {
                _delayed.AddLast(request.ListNode);
                return admission;
            }
            if (!TakeSlots(request))
            {
                _slotWaiters.AddLast(request.ListNode);
                return Admission.Delay;
            }
            _sending.AddLast(request.ListNode);
            if (_machine.InitiatedAt != 0 && _delayed.Count == 0 && _machine.State == ImportState.Full)
                _machine.DelayedSent();
            ticket = Ticket(request, isResend);
            return admission;
        }
    }

    /// <summary>It has ended: others may have its slot.</summary>
    internal void Finished(PtlrpcRequest request)
    {
        PtlrpcRequest? next;
        TaskCompletionSource? drained = null;
        bool invalidate = false;
        using (_lock.Enter())
        {
            request.ListNode.List?.Remove(request.ListNode);
            request.UnrepliedNode.List?.Remove(request.UnrepliedNode);
            ReturnSlots(request);
            next = NextForSlot();
            if (_sending.Count + _delayed.Count + _slotWaiters.Count == 0)
            {
                (drained, _drained) = (_drained, null);
                (invalidate, _invalidateWhenDrained) = (_invalidateWhenDrained, false);
            }
        }
        if (next is not null)
        {
            next.Kick(RequestEvents.Wake);
            next.Release();
        }
        if (invalidate)
            Node.Spawn(InvalidateAsync());
        drained?.TrySetResult();
    }

    /// <summary>Its xid is dead: the next attempt takes another.</summary>
    internal void Unreplied(PtlrpcRequest request)
    {
        using (_lock.Enter())
            request.UnrepliedNode.List?.Remove(request.UnrepliedNode);
    }

    /// <summary>Time limits learn from a reply that says nothing else.</summary>
    internal void Measure(PtlrpcRequest request, in PtlrpcBodyV3 reply, TimeSpan sentAt)
    {
        using (_lock.Enter())
            MeasureLocked(request, reply, sentAt);
    }

    /// <summary>A reply: the estimates, commits, and whether the request is kept for replay
    /// (<c>after_reply</c>).</summary>
    internal void Replied(
        PtlrpcRequest request, in PtlrpcBodyV3 reply, Errno error, TimeSpan sentAt, bool isReplay)
    {
        List<PtlrpcRequest>? released = null;
        bool committedAlready = false;
        using (_lock.Enter())
        {
            MeasureLocked(request, reply, sentAt);
            if (reply.Transno != 0 || request.Opcode == (uint)LdlmOpcode.Enqueue)
                _machine.CachedData();
            if (!isReplay)
                request.SaveForReplay(reply);
            if (_machine.IsReplayable && !IsReverse)
            {
                // Replies overtake each other: a later one may have told of this one's commit.
                _replay.Committed(reply.LastCommitted);
                bool isUncommitted = request.Transno > _replay.PeerCommitted || request.KeepForReplay;
                if (request.Transno != 0 && isUncommitted)
                {
                    if (_replay.Retain(request))
                        request.AddReference();
                }
                else
                {
                    committedAlready = !isReplay && error == Errno.OK;
                }
                released = Prune();
            }
        }
        if (committedAlready)
        {
            request.CommitCallback?.Invoke(request);
            request.ReplayEndedCallback?.Invoke(request);
        }
        ReleaseAll(released);
    }

    internal void LetGo(PtlrpcRequest request)
    {
        bool left;
        using (_lock.Enter())
            left = _replay.LetGo(request);
        if (left)
            request.Release();
    }

    internal void CountTimeout()
    {
        using (_lock.Enter())
            _timeoutCount++;
    }

    void MeasureLocked(PtlrpcRequest request, in PtlrpcBodyV3 reply, TimeSpan sentAt)
    {
        long now = Node.Seconds;
        TimeSpan elapsed = Node.Context.Uptime - sentAt;
        int limit = int.MaxValue / 2;
        _timeouts.Service(request.RequestPortal).Measure((int)Math.Min(reply.Timeout, (uint)limit), now);
        _timeouts.MeasureLatency((long)elapsed.TotalSeconds, (int)Math.Min(reply.ServiceTime, (uint)limit), now);
        _highestReplied = Math.Max(_highestReplied, request.Xid);
        if (request.Opcode != (uint)ObdOpcode.Ping)
            _lastReplySeconds = now;
        _requestTotal++;
        _waitTicks += elapsed.Ticks;
    }

    List<PtlrpcRequest>? Prune()
    {
        if (_replay.Count == 0)
            return null;
        List<PtlrpcRequest> released = _pruned ?? [];
        _pruned = null;
        _replay.Prune(_machine.Generation, released);
        return released;
    }

    List<PtlrpcRequest>? _pruned = [];      // guarded by _lock: kept so that pruning allocates nothing

    /// <summary>Tells the owners of committed requests, and lets go of them.</summary>
    void ReleaseAll(List<PtlrpcRequest>? released)
    {
        if (released is null)
            return;
        foreach (PtlrpcRequest request in released)
        {
            if (request.Generation == _machine.Generation)
                request.CommitCallback?.Invoke(request);
            request.ReplayEndedCallback?.Invoke(request);
            request.Release();
        }
        released.Clear();
        using (_lock.Enter())
            _pruned = released;
    }

    void ReleaseReplay()
    {
        List<PtlrpcRequest> released = [];
        using (_lock.Enter())
            _replay.Clear(released);
        foreach (PtlrpcRequest request in released)
        {
            request.ReplayEndedCallback?.Invoke(request);
            request.Release();
        }
    }

    SendTicket Ticket(PtlrpcRequest request, bool isResend)
    {
        ulong oldXid = request.Xid;
        request.Number(_machine.Supports(ConnectFlags.BULK_MBITS), isResend);
        if (request.UnrepliedNode.List is not null && request.Xid != oldXid)
            _unreplied.Remove(request.UnrepliedNode);
        if (request.UnrepliedNode.List is null)
            AddUnreplied(request);
        bool isConnect = request.Opcode == Options.ConnectOpcode && !IsReverse;
        bool isDisconnect = request.Opcode == Options.DisconnectOpcode && !IsReverse;
        bool replyToMatchBits = !isConnect && _machine.Supports(ConnectFlags.FLAGS2)
            && _machine.Supports(ConnectFlags2.REP_MBITS);
        request.SetTimeout(request.TimeoutSeconds > 0
            ? request.TimeoutSeconds
            : _timeouts.RequestSeconds(request.RequestPortal, IsReverse));
        // Who tells of locks has no requests left to replay (replay_one_lock).
        if (request.SendState == ImportState.ReplayLocks)
            request.RequestBody.Flags |= MsgFlags.REQ_REPLAY_DONE;
        bool isOrdinary = request.SendState != ImportState.Connecting;
        if (isOrdinary)
            _machine.Sent(Node.Seconds, _replay.IsCommitExpected);
        return new SendTicket
        {
            Peer = IsReverse ? _reversePeer : _machine.Current!.Peer,
            RemoteHandle = _machine.RemoteHandle,
            ConnectCount = _machine.ConnectCount,
            HeaderFlags = isConnect ? 0 : HeaderFlags,
            // Neither may make the target believe that replays, which have lower numbers, are old news.
            LastXid = isConnect || isDisconnect ? 0 : KnownReplied(),
            HasMatchBits = request.Bulk is not null || replyToMatchBits,
            ReplyMatchBits = replyToMatchBits ? request.MatchBits : request.Xid,
            LatencySeconds = _timeouts.LatencySeconds,
        };
    }

    LustreMsgHeaderFlags HeaderFlags => LustreMsgHeaderFlags.CKSUM_INCOMPAT18
        | (_machine.Supports(ConnectFlags.AT) ? LustreMsgHeaderFlags.AT_SUPPORT : 0);

    /// <summary>Every xid up to here has its reply; lower again while old requests are replayed.</summary>
    ulong KnownReplied() => _unreplied.First!.Value.Xid - 1;

    void AddUnreplied(PtlrpcRequest request)
    {
        LinkedListNode<PtlrpcRequest>? after = _unreplied.Last;
        while (after is not null && after.Value.Xid > request.Xid)
            after = after.Previous;
        if (after is null)
            _unreplied.AddFirst(request.UnrepliedNode);
        else
            _unreplied.AddAfter(after, request.UnrepliedNode);
    }

    /// <summary>The slots a request needs, all or none; those of recovery and of high priority need none.</summary>
    bool TakeSlots(PtlrpcRequest request)
    {
        bool isOrdinary = request.SendState == ImportState.Full && !IsReverse;
        bool needsRpc = isOrdinary && !request.HighPriority && !request.HoldsRpcSlot;
        if (needsRpc && _rpcsInFlight >= MaxRpcsInFlight)
            return false;
        if (isOrdinary && request.IsModifying && request.Tag == 0)
        {
            request.Tag = _modSlots.TryTake(IsClose(request));
            if (request.Tag == 0)
                return false;
        }
        if (needsRpc)
        {
            _rpcsInFlight++;
            request.HoldsRpcSlot = true;
        }
        return true;
    }

    void ReturnSlots(PtlrpcRequest request)
    {
        if (request.HoldsRpcSlot)
        {
            _rpcsInFlight--;
            request.HoldsRpcSlot = false;
        }
        // A replay goes under its old tag and holds no slot: it was returned when its first reply came.
        if (request.Tag != 0 && !request.IsReplay)
            _modSlots.Return(request.Tag, IsClose(request));
    }

    /// <summary>The first waiter whose slots are free now, with a reference to it.</summary>
    PtlrpcRequest? NextForSlot()
    {
        foreach (PtlrpcRequest request in _slotWaiters)
        {
            bool hasRpc = request.HighPriority || request.HoldsRpcSlot || _rpcsInFlight < MaxRpcsInFlight;
            bool hasMod = !request.IsModifying || request.Tag != 0 || _modSlots.IsAvailable(IsClose(request));
            if (!hasRpc || !hasMod)
                continue;
            request.AddReference();
            return request;
        }
        return null;
    }

    static bool IsClose(PtlrpcRequest request) => request.Opcode == (uint)MdsOpcode.Close;

    void KickAll(LinkedList<PtlrpcRequest> list, RequestEvents events)
    {
        List<PtlrpcRequest> requests;
        using (_lock.Enter())
        {
            if (list.Count == 0)
                return;
            requests = [.. list];
            foreach (PtlrpcRequest request in requests)
                request.AddReference();
        }
        foreach (PtlrpcRequest request in requests)
        {
            request.Kick(events);
            request.Release();
        }
    }
}
