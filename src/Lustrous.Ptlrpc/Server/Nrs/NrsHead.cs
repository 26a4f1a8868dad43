namespace Lustrous.Ptlrpc.Server.Nrs;

/// <summary>
/// The two queues of a service, normal and high priority, and the rule which of them is served next. Pure: the service
/// calls it under its lock.
/// </summary>
/// <remarks>
/// A service that has urgent requests keeps one slot free of normal ones, so that a lock cancel or a ping gets through
/// while normal requests wait for exactly that; and of every <c>highPriorityRatio</c> + 1 requests one is normal, so
/// that urgent ones cannot starve the rest. Source: ptlrpc_server_allow_high, ptlrpc_server_allow_normal of
/// lustre/ptlrpc/service.c.
/// </remarks>
/// <param name="normal">Policy of the normal queue.</param>
/// <param name="high">Policy of the high-priority queue, or null where the service has none.</param>
/// <param name="slots">Requests handled at once.</param>
/// <param name="highPriorityRatio">Urgent requests served for one normal one while both wait.</param>
public sealed class NrsHead(INrsPolicy normal, INrsPolicy? high, int slots, int highPriorityRatio)
{
    int _highInARow;

    /// <summary>Being handled, of both kinds.</summary>
    public int Active { get; private set; }

    /// <summary>Urgent ones being handled.</summary>
    public int HighActive { get; private set; }

    public int Waiting => normal.Count + (high?.Count ?? 0);

    public bool HasHighPriority => high is not null;

    public void Enqueue(ServerRequest request)
    {
        if (request.IsHighPriority && high is not null)
            high.Enqueue(request);
        else
            normal.Enqueue(request);
        request.IsQueued = true;
    }

    /// <summary>The request to handle now, which then takes a slot; null when none waits or may.</summary>
    public ServerRequest? Next()
    {
        ServerRequest? request = null;
        if (high is { Count: > 0 } && HighAllowed())
        {
            request = high.Dequeue();
            _highInARow++;
        }
        else if (normal.Count > 0 && NormalAllowed())
        {
            request = normal.Dequeue();
            _highInARow = 0;
        }
        if (request is not null)
            TakeSlot(request);
        return request;
    }

    /// <summary>Takes a slot for a request that never waited; false when it has to.</summary>
    public bool TryStart(ServerRequest request)
    {
        bool urgent = request.IsHighPriority && high is not null;
        // Only those of the same queue are before it: an urgent request does not wait for normal ones.
        if (urgent ? high!.Count > 0 || !HighAllowed() : normal.Count > 0 || !NormalAllowed())
            return false;
        TakeSlot(request);
        return true;
    }

    /// <summary>Takes out any that waits, without a slot: the service stops.</summary>
    public ServerRequest? TakeWaiting()
    {
        ServerRequest? request = high?.Dequeue() ?? normal.Dequeue();
        if (request is not null)
            request.IsQueued = false;
        return request;
    }

    public void Finished(ServerRequest request)
    {
        Active--;
        if (request.IsHighPriority && high is not null)
            HighActive--;
    }

    /// <summary>One that had <see cref="Finished"/> goes on after all, even if there is no slot for it.</summary>
    public void Resume(ServerRequest request) => TakeSlot(request);

    /// <summary>A waiting request became urgent (ptlrpc_nrs_req_hp_move); nothing happens when it does not wait any
    /// more.</summary>
    public void MakeUrgent(ServerRequest request)
    {
        if (high is null || !request.IsQueued || request.IsHighPriority)
            return;
        normal.Remove(request);
        request.IsHighPriority = true;
        high.Enqueue(request);
    }

    void TakeSlot(ServerRequest request)
    {
        request.IsQueued = false;
        Active++;
        if (request.IsHighPriority && high is not null)
            HighActive++;
    }

    bool HighAllowed() =>
        Active < slots && (HighActive == 0 || normal.Count == 0 || _highInARow < highPriorityRatio || !NormalAllowed());

    bool NormalAllowed() => Active < slots - 1 || (Active < slots && (high is null || HighActive > 0 || slots == 1));
}
