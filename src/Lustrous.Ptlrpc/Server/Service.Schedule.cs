using Lustrous.Idl.Ptlrpc;

namespace Lustrous.Ptlrpc.Server;

// Handling: a request with a slot runs until its handler has ended; whoever frees a slot takes the next one.
public sealed partial class Service
{
    /// <summary>A waiting request became urgent: somebody waits for the lock it holds
    /// (ptlrpc_nrs_req_hp_move).</summary>
    public void MakeUrgent(ServerRequest request)
    {
        using (_lock.Enter())
            _nrs.MakeUrgent(request);
    }

    /// <summary>A request in hand waits for something that may need other requests handled: they get its
    /// slot.</summary>
    internal void LeaveSlot(ServerRequest request)
    {
        ServerRequest? next = null;
        using (_lock.Enter())
        {
            _nrs.Finished(request);
            if (!_isStopping)
                next = _nrs.Next();
        }
        if (next is not null)
            Context.Work.Post(static next => ((ServerRequest)next!).Service.Run((ServerRequest)next!), next);
    }

    /// <summary>It goes on, whatever else is in hand.</summary>
    internal void TakeSlot(ServerRequest request)
    {
        using (_lock.Enter())
            _nrs.Resume(request);
    }

    /// <summary>Handles <paramref name="request"/>, which has a slot, and then whatever waits, as long as handlers end
    /// at once.</summary>
    void Run(ServerRequest? request)
    {
        while (request is not null)
        {
            if (!Handle(request))
                return;
            request = FreeSlot(request);
        }
    }

    /// <summary>The handler of a request has ended later than its call returned.</summary>
    internal void OnHandlerEnded(ServerRequest request, ValueTask<Errno> task)
    {
        Complete(request, task);
        Run(FreeSlot(request));
    }

    /// <summary>Calls the handler; false while it has not ended.</summary>
    bool Handle(ServerRequest request)
    {
        if (request.Export is { } export && !StillWanted(request, export))
            return true;
        // A cancel is worth doing however late: somebody waits for the lock.
        if (request.Opcode != (uint)LdlmOpcode.Cancel && Context.Uptime > request.Deadline)
        {
            Interlocked.Increment(ref _droppedCount);
            Log(LogLevel.Warning, $"dropping {request}: its deadline passed while it waited");
            request.NoReply = true;
            return true;
        }

        ValueTask<Errno> task;
        try
        {
            task = _handler.HandleAsync(request, _stopping.Token);
        }
#pragma warning disable CA1031 // one request's failure must not become another's
        catch (Exception e)
#pragma warning restore CA1031
        {
            Failed(request, e);
            return true;
        }
        if (!task.IsCompleted)
        {
            request.Await(task);
            return false;
        }
        Complete(request, task);
        return true;
    }

    bool StillWanted(ServerRequest request, Export export)
    {
        if (request.ConnectCount < export.ConnectCount)
        {
            Interlocked.Increment(ref _droppedCount);
            request.NoReply = true;
            return false;
        }
        if (!export.Target.IsFailed)
            return true;
        SendReply(request, Errno.ENODEV);
        return false;
    }

    /// <summary>The handler has ended: answers.</summary>
    void Complete(ServerRequest request, ValueTask<Errno> task)
    {
        Errno error;
        try
        {
            error = task.GetAwaiter().GetResult();
        }
#pragma warning disable CA1031 // one request's failure must not become another's
        catch (Exception e)
#pragma warning restore CA1031
        {
            Failed(request, e);
            return;
        }
        if (!request.NoReply)
            SendReply(request, error);
    }

    /// <summary>A handler threw. EIO for its client; a broken invariant (LBUG) also stops the target it happened
    /// in.</summary>
    void Failed(ServerRequest request, Exception e)
    {
        if (e is OperationCanceledException && _stopping.IsCancellationRequested)
        {
            request.NoReply = true;     // the client reconnects elsewhere or to our next life
            return;
        }
        Log(LogLevel.Error, $"{request}: {e}");
        request.ReleaseReply();
        if (e is LbugException && request.Export is { } export)
            export.Target.Fail();
        if (!request.NoReply)
            SendReply(request, Errno.EIO);
    }

    /// <summary>Is done with a request that had a slot; returns the one that gets it.</summary>
    ServerRequest? FreeSlot(ServerRequest request)
    {
        ServerRequest? next = null;
        using (_lock.Enter())
        {
            _nrs.Finished(request);
            if (!_isStopping)
                next = _nrs.Next();
        }
        Finish(request);
        return next;
    }

    void Finish(ServerRequest request)
    {
        if (request.IsInProgress)
            request.Export!.End(request);
        using (_lock.Enter())
        {
            if (request.IsLive)
                RemoveLive(request);
            if (request.IsCounted)
                _liveCount--;
        }
        request.Release();
        _freeRequests.Return(request);
        LeaveBusy();
    }

    /// <summary>The service stops: what waits is not begun any more.</summary>
    void DropWaiting()
    {
        while (true)
        {
            ServerRequest? request;
            using (_lock.Enter())
                request = _nrs.TakeWaiting();
            if (request is null)
                return;
            Finish(request);
        }
    }

    void AddLive(ServerRequest request)
    {
        request.IsLive = true;
        request.PreviousLive = null;
        request.NextLive = _firstLive;
        if (_firstLive is not null)
            _firstLive.PreviousLive = request;
        _firstLive = request;
        ArmTimer();
    }

    void RemoveLive(ServerRequest request)
    {
        request.IsLive = false;
        if (request.PreviousLive is { } previous)
            previous.NextLive = request.NextLive;
        else
            _firstLive = request.NextLive;
        if (request.NextLive is { } next)
            next.PreviousLive = request.PreviousLive;
        request.NextLive = request.PreviousLive = null;
    }
}
