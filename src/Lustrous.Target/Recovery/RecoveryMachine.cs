using Lustrous.Idl.Ptlrpc;

namespace Lustrous.Target.Recovery;

/// <summary>
/// Decides about a target's recovery: whose turn it is, who is given up, when it is over. Pure, guarded by its owner's
/// lock.
/// </summary>
/// <remarks>Source: target_queue_recovery_request, target_recovery_thread and what they call, of
/// lustre/ldlm/ldlm_lib.c.</remarks>
sealed class RecoveryMachine(int knownClients, ulong lastCommitted, RecoveryWindow window)
{
    readonly SortedDictionary<ulong, RecoveryTurn> _requests = [];
    readonly Queue<RecoveryTurn> _locks = new();
    readonly List<RecoveryTurn> _final = [];
    readonly List<RecoveryClient> _clients = [];
    bool _failedEvicted;
    bool _aborting;

    public RecoveryStage Stage { get; private set; } = RecoveryStage.Clients;

    /// <summary>Clients of the former life (<c>obd_max_recoverable_clients</c>).</summary>
    public int KnownClients => knownClients;

    public int Connected { get; private set; }

    /// <summary>Given up, or gone by themselves (<c>obd_stale_clients</c>).</summary>
    public int Stale { get; private set; }

    public int RequestClients { get; private set; }

    public int LockClients { get; private set; }

    /// <summary>The transno that is replayed next; what is below was executed, or is durable.</summary>
    public ulong NextTransno { get; private set; } = lastCommitted + 1;

    public int QueuedRequests => _requests.Count;

    /// <summary>Some clients did not come: replays are checked against the versions of their objects
    /// (<c>OBDF_VERSION_RECOV</c>).</summary>
    public bool HasGaps { get; private set; }

    public int ReplayedRequests { get; private set; }

    public int ReplayedLocks { get; private set; }

    public IReadOnlyList<RecoveryClient> Clients => _clients;

    /// <summary>A client of the former life has connected.</summary>
    /// <param name="client">New here.</param>
    /// <param name="firstTransno">The lowest that it will replay, where it says so; else 0.</param>
    public void Connect(RecoveryClient client, ulong firstTransno)
    {
        if (firstTransno > lastCommitted && firstTransno < NextTransno)
            NextTransno = firstTransno;
        _clients.Add(client);
        Connected++;
        RequestClients++;
        LockClients++;
    }

    /// <summary>A client has gone, or was thrown out; what it had waiting comes back, to be answered.</summary>
    public List<RecoveryTurn> Leave(RecoveryClient client)
    {
        var left = new List<RecoveryTurn>();
        if (client.IsIn)
        {
            client.IsIn = false;
            Connected--;
            Stale++;
        }
        EndRequests(client);
        EndLocks(client);
        foreach ((ulong transno, RecoveryTurn turn) in _requests)
        {
            if (turn.Client == client)
                left.Add(turn);
        }
        foreach (RecoveryTurn turn in left)
            _requests.Remove(turn.Request.Transno);
        left.AddRange(_final.Where(turn => turn.Client == client));
        _final.RemoveAll(turn => turn.Client == client);
        for (int i = _locks.Count; i > 0; i--)
        {
            RecoveryTurn turn = _locks.Dequeue();
            if (turn.Client == client)
                left.Add(turn);
            else
                _locks.Enqueue(turn);
        }
        return left;
    }

    /// <summary>Clients that were known and never connected are given up.</summary>
    public void GiveUp(int count) => Stale += count;

    /// <summary>A request has come from a client that takes part.</summary>
    /// <param name="turn">What waits, if it has to.</param>
    /// <param name="displaced">An earlier one of the same meaning, which gets no answer.</param>
    public RecoveryVerdict Arrive(RecoveryTurn turn, out RecoveryTurn? displaced)
    {
        displaced = null;
        if (Stage == RecoveryStage.Complete)
            return RecoveryVerdict.Run;
        RecoveryClient client = turn.Client;
        MsgFlags flags = turn.Request.Flags;
        if ((flags & MsgFlags.REQ_REPLAY_DONE) != 0)
            EndRequests(client);
        if ((flags & MsgFlags.LOCK_REPLAY_DONE) != 0)
        {
            EndLocks(client);
            displaced = _final.Find(other => other.Client == client);
            if (displaced is not null)
                _final.Remove(displaced);
            _final.Add(turn);
            return RecoveryVerdict.Wait;
        }
        if ((flags & MsgFlags.REQ_REPLAY_DONE) != 0)
        {
            if (!client.IsIn)
                return RecoveryVerdict.Refuse;
            client.Queued++;
            _locks.Enqueue(turn);
            return RecoveryVerdict.Wait;
        }
        // A low number is of something durable: an open that is kept until its close.
        ulong transno = turn.Request.Transno;
        if (transno == 0 || transno < NextTransno)
            return RecoveryVerdict.Run;
        if (!client.IsIn)
            return RecoveryVerdict.Refuse;
        if (!_requests.TryAdd(transno, turn))
            return RecoveryVerdict.Drop;
        client.Queued++;
        return RecoveryVerdict.Wait;
    }

    /// <summary>What to do now. Asked again after each step, and whenever something has happened.</summary>
    /// <param name="now">Seconds of uptime.</param>
    /// <param name="turn">Whose turn it is.</param>
    public RecoveryStep Next(long now, out RecoveryTurn? turn)
    {
        turn = null;
        if (Stage is RecoveryStage.Complete or RecoveryStage.Inactive)
            return RecoveryStep.Wait;
        if (_aborting || window.IsOver(now))
            return RecoveryStep.Finish;
        bool isLate = window.IsOpen && now >= window.End;
        if (Stage == RecoveryStage.Clients)
        {
            if (Connected + Stale < KnownClients)
                return isLate ? RecoveryStep.Evict : RecoveryStep.Wait;
            Stage = RecoveryStage.Requests;
        }
        if (Stage == RecoveryStage.Requests)
        {
            if (TryTakeRequest(out turn))
                return RecoveryStep.Run;
            if (RequestClients > 0)
                return isLate ? RecoveryStep.Evict : RecoveryStep.Wait;
            if (!_failedEvicted)
            {
                _failedEvicted = true;
                return RecoveryStep.EvictFailed;
            }
            Stage = RecoveryStage.Locks;
        }
        if (_locks.TryDequeue(out turn))
            return RecoveryStep.Run;
        if (LockClients > 0)
            return isLate ? RecoveryStep.Evict : RecoveryStep.Wait;
        return RecoveryStep.Finish;
    }

    /// <summary>Whether a client is given up because it is late: it has not come, or has not gone on.</summary>
    public bool IsLate(RecoveryClient client) => Stage switch
    {
        RecoveryStage.Clients => !client.IsIn,
        RecoveryStage.Requests => client is { IsIn: true, ReplaysRequests: true, Queued: 0 },
        _ => client is { IsIn: true, ReplaysLocks: true, Queued: 0 },
    };

    /// <summary>Those who were late have been given up.</summary>
    public void Expired(long now)
    {
        HasGaps = true;
        window.Expired(now);
    }

    /// <summary>A turn has ended.</summary>
    public void Ran(RecoveryTurn turn, long now, int seconds)
    {
        turn.Client.Queued--;
        if ((turn.Request.Flags & MsgFlags.REQ_REPLAY_DONE) != 0)
        {
            ReplayedLocks++;
        }
        else
        {
            NextTransno++;
            ReplayedRequests++;
        }
        if (!turn.Client.HasFinished)
            window.Extend(now, seconds);
    }

    /// <summary>No more turns: everybody who has not finished is given up.</summary>
    public void Abort() => _aborting = true;

    /// <summary>It is over: what waits is to be answered, with OK where the client has finished.</summary>
    public List<RecoveryTurn> Finish()
    {
        Stage = RecoveryStage.Complete;
        var left = new List<RecoveryTurn>(_final);
        _final.Clear();
        left.AddRange(_requests.Values);
        _requests.Clear();
        left.AddRange(_locks);
        _locks.Clear();
        return left;
    }

    /// <summary>The next in order; or the lowest there is when everybody waits, as nobody has the one before: its
    /// client is gone, or never had an answer to it.</summary>
    bool TryTakeRequest(out RecoveryTurn? turn)
    {
        turn = null;
        if (_requests.Count == 0)
            return false;
        // No LINQ's First: it would box the enumerator for each of many thousand requests.
        using (SortedDictionary<ulong, RecoveryTurn>.Enumerator lowest = _requests.GetEnumerator())
        {
            lowest.MoveNext();
            turn = lowest.Current.Value;
        }
        ulong transno = turn.Request.Transno;
        if (transno != NextTransno && _requests.Count < RequestClients)
        {
            turn = null;
            return false;
        }
        NextTransno = transno;
        _requests.Remove(transno);
        return true;
    }

    void EndRequests(RecoveryClient client)
    {
        if (!client.ReplaysRequests)
            return;
        client.ReplaysRequests = false;
        RequestClients--;
    }

    void EndLocks(RecoveryClient client)
    {
        if (!client.ReplaysLocks)
            return;
        client.ReplaysLocks = false;
        LockClients--;
    }
}
