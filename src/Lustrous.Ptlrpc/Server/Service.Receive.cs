using Lustrous.Idl.Ptlrpc;
using Lustrous.LNet;

namespace Lustrous.Ptlrpc.Server;

// From the network into the queue: what ptlrpc_server_handle_req_in does.
public sealed partial class Service
{
    internal void OnRequestEvent(RequestBuffer buffer, in LNetEvent e)
    {
        ServerRequest? request = null;
        if (e.Kind == LNetEventKind.Put && e.Status == Errno.OK)
        {
            request = _freeRequests.Take();
            request.Arrive(buffer, e, Context.Uptime);
        }
        if (e.Unlinked)
            OnBufferFull(buffer);
        if (request is not null)
            Admit(request);
    }

    /// <summary>A buffer has left the network; another takes its place unless there are too many already.</summary>
    void OnBufferFull(RequestBuffer buffer)
    {
        bool grow;
        using (_lock.Enter())
        {
            _postedCount--;
            bool few = _postedCount < (Options.BufferCount + 1) / 2;
            grow = !_isStopping && few && _buffers.Count < Options.MaxBufferCount;
        }
        buffer.Release();
        // With the most buffers there may be, requests wait at LNet, which bounds them in turn.
        if (grow)
            AddBuffer();
    }

    void Admit(ServerRequest request)
    {
        if (!TryCount(request))
        {
            Drop(request, LogLevel.Warning, "too many requests in hand");
            return;
        }
        if (!Check(request))
            return;

        request.IsHighPriority = Options.HasHighPriorityQueue && _handler.IsHighPriority(request);
        if (request.Export is { } export && !export.TryBegin(request))
        {
            Drop(request, LogLevel.Trace, "resend of a request in progress");
            return;
        }

        bool start;
        using (_lock.Enter())
        {
            AddLive(request);
            start = _nrs.TryStart(request);
            if (!start)
                _nrs.Enqueue(request);
        }
        if (start)
            Run(request);
    }

    /// <summary>Everything that is decided before a request may wait; false when it has been dropped or
    /// refused.</summary>
    bool Check(ServerRequest request)
    {
        if (request.ParseMessage() is var status and not Errno.OK)
        {
            Drop(request, LogLevel.Error, $"broken message ({status})");
            return false;
        }
        if (request.MessageType != PtlrpcMessageType.Request)
        {
            Drop(request, LogLevel.Error, $"wrong packet type {(uint)request.MessageType}");
            return false;
        }
        if (request.TimeoutSeconds == 0 && request.SupportsEarlyReply)
        {
            Drop(request, LogLevel.Error, "timeout of zero");
            return false;
        }

        int timeoutSeconds = request.SupportsEarlyReply
            ? (int)Math.Min(request.TimeoutSeconds, int.MaxValue)
            : Options.Timeouts.ObdTimeoutSeconds;
        request.Deadline = request.Arrival + TimeSpan.FromSeconds(timeoutSeconds);
        request.Export = Exports.Find(request.HandleCookie);
        if (Options.TakesCallbacks && request.BodyMatchBits != 0)
            request.ReplyMatchBits = request.BodyMatchBits;
        if (request.Export is not { } export)
            return true;
        if (!CheckExport(request, export))
            return false;
        export.LastRequest = request.Arrival;
        // A connect is how REP_MBITS gets granted, so it cannot rely on it.
        if (!request.IsConnect && export.Supports(ConnectFlags2.REP_MBITS))
            request.ReplyMatchBits = request.BodyMatchBits;
        return true;
    }

    /// <summary>What may have changed while a request waited (ptlrpc_check_req); false when it has been dropped or
    /// refused.</summary>
    bool CheckExport(ServerRequest request, Export export)
    {
        if (request.ConnectCount < export.ConnectCount)
        {
            Drop(
                request, LogLevel.Trace,
                $"of connection {request.ConnectCount}, the present one is {export.ConnectCount}");
            return false;
        }
        if (export.Target.IsFailed)
        {
            Refuse(request, Errno.ENODEV);
            return false;
        }
        const MsgFlags replay = MsgFlags.REPLAY | MsgFlags.REQ_REPLAY_DONE;
        bool isRepeated = export.HasRecovered && request.Transno == 0 && (request.Flags & MsgFlags.REPLAY) == 0;
        if (((request.Flags & replay) != 0 || request.Transno != 0) && !export.Target.IsRecovering && !isRepeated)
        {
            Log(LogLevel.Error, $"{request}: replay without recovery, evicting {export}");
            export.Target.Evict(export);
            Refuse(request, Errno.ENODEV);
            return false;
        }
        return true;
    }

    bool TryCount(ServerRequest request)
    {
        using (_lock.Enter())
        {
            _busy++;
            if (_liveCount >= Options.MaxRequests || _isStopping)
                return false;
            _liveCount++;
            request.IsCounted = true;
            return true;
        }
    }

    /// <summary>Sends an error and is done with the request.</summary>
    void Refuse(ServerRequest request, Errno error)
    {
        SendReply(request, error);
        Finish(request);
    }

    /// <summary>Is done with a request without an answer: the client resends, or no longer cares.</summary>
    void Drop(ServerRequest request, LogLevel level, string why)
    {
        Interlocked.Increment(ref _droppedCount);
        // A flood of bad requests must cost no lines, and no making of lines that nobody sees.
        if (_logLimit.MayWrite(level))
            Context.Log.Write(new LogEvent(level, Options.Name, $"dropping {request}: {why}"));
        request.NoReply = true;
        Finish(request);
    }
}
