using Lustrous.LNet;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Server.Nrs;

namespace Lustrous.Ptlrpc.Server;

/// <summary>
/// Takes requests from one portal, has them handled, a bounded number at once, and sends the replies
/// (<c>struct ptlrpc_service</c>).
/// </summary>
/// <remarks>
/// A request is parsed where it landed and, when a slot is free, handled at once on the thread that received it; else
/// it waits in the queue and is taken by the thread that frees a slot. Source: lustre/ptlrpc/service.c.
/// </remarks>
public sealed partial class Service : IAsyncDisposable
{
    readonly LNetNode _lnet;
    readonly IServiceHandler _handler;
    readonly RankedLock _lock = new(50, "scp_lock");
    readonly NrsHead _nrs;                              // guarded by _lock
    readonly AdaptiveTimeout _estimate;                 // guarded by _lock: time a request takes here
    readonly List<RequestBuffer> _buffers = [];         // guarded by _lock
    readonly FreeList<ServerRequest> _freeRequests;
    readonly FreeList<ReplyState> _freeReplies;
    readonly FreeList<ServerBulk> _freeBulks;
    readonly CancellationTokenSource _stopping = new();
    readonly LogLimiter _logLimit;
    readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    ServerRequest? _firstLive;                          // guarded by _lock: all requests in hand
    int _liveCount;                                     // guarded by _lock
    int _postedCount;                                   // guarded by _lock
    int _busy;                                          // guarded by _lock: requests, posted buffers, replies and bulks
    bool _isStopping;                                   // guarded by _lock
    long _droppedCount;

    public Service(LNetNode lnet, ServiceOptions options, IServiceHandler handler, ExportTable exports)
    {
        ArgumentNullException.ThrowIfNull(options);
        Lassert.That(options.BufferSize >= options.MaxRequestSize && options.BufferCount > 0 && options.MaxActive > 0);
        _lnet = lnet;
        _handler = handler;
        Options = options;
        _logLimit = new LogLimiter(lnet.Context, options.Name);
        Exports = exports;
        _estimate = new AdaptiveTimeout(options.Timeouts);
        _estimate.Reset(10, 0);     // ptlrpc_service_part_init: ten seconds until something was measured
        _nrs = new NrsHead(
            options.CreatePolicy(), options.HasHighPriorityQueue ? options.CreatePolicy() : null, options.MaxActive,
            options.HighPriorityRatio);
        _freeRequests = new(() => new ServerRequest(this), options.MaxRequests);
        _freeReplies = new(() => new ReplyState(this), options.MaxRequests);
        _freeBulks = new(() => new ServerBulk(this), options.MaxActive);
        _timer = Context.Clock.CreateTimer(static state => ((Service)state!).OnTick(), this, Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    public ServiceOptions Options { get; }

    /// <summary>The clients of this node's targets, by the cookie their requests carry.</summary>
    public ExportTable Exports { get; }

    public NodeContext Context => _lnet.Context;

    internal LNetNode LNet => _lnet;

    /// <summary>Requests thrown away because they were broken, late or too many.</summary>
    public long Dropped => Interlocked.Read(ref _droppedCount);

    /// <summary>Requests waiting for a slot.</summary>
    public int Waiting
    {
        get
        {
            using (_lock.Enter())
                return _nrs.Waiting;
        }
    }

    /// <summary>Requests being handled.</summary>
    public int Active
    {
        get
        {
            using (_lock.Enter())
                return _nrs.Active;
        }
    }

    /// <summary>Seconds a request is expected to take, as replies tell the clients.</summary>
    public int EstimateSeconds
    {
        get
        {
            using (_lock.Enter())
                return _estimate.Seconds;
        }
    }

    /// <summary>Posts the request buffers: from here on requests come in.</summary>
    /// <returns>What LNet says when it refuses a buffer.</returns>
    public Errno Start()
    {
        // Requests that find every buffer full wait at LNet for the next instead of being lost.
        _lnet.SetLazyPortal((int)Options.RequestPortal);
        for (int i = 0; i < Options.BufferCount; i++)
        {
            if (AddBuffer() is var status and not Errno.OK)
                return status;
        }
        return Errno.OK;
    }

    /// <summary>Takes no more requests, cancels the handlers, and waits until the last one, its bulk and its reply are
    /// done.</summary>
    public async ValueTask DisposeAsync()
    {
        RequestBuffer[] buffers;
        bool first;
        using (_lock.Enter())
        {
            first = !_isStopping;
            _isStopping = true;
            buffers = [.. _buffers];
            _busy++;    // this call, so that it cannot end before every buffer was asked back
        }
        if (first)
        {
            CancelHandlers();
            foreach (RequestBuffer buffer in buffers)
                buffer.Unpost(_lnet);
            _lnet.ClearLazyPortal((int)Options.RequestPortal);
            DropWaiting();
            AbortBulks();
        }
        LeaveBusy();
        await _stopped.Task;
        if (!first)
            return;
        await _timer.DisposeAsync();
        _stopping.Dispose();
        foreach (RequestBuffer buffer in buffers)
            buffer.Dispose();
    }

    // Here and now: CancelAsync would tell the handlers on the thread pool, out of the node's own order of work.
    void CancelHandlers() => _stopping.Cancel();

    /// <summary>Something that keeps the service alive begins.</summary>
    internal void EnterBusy()
    {
        using (_lock.Enter())
            _busy++;
    }

    internal void LeaveBusy()
    {
        bool last;
        using (_lock.Enter())
            last = --_busy == 0 && _isStopping;
        if (last)
            _stopped.TrySetResult();
    }

    Errno AddBuffer()
    {
        var buffer = new RequestBuffer(this);
        using (_lock.Enter())
        {
            _buffers.Add(buffer);
            _postedCount++;
            _busy++;
        }
        Errno status = buffer.Post(_lnet);
        if (status == Errno.OK)
            return status;
        using (_lock.Enter())
        {
            _buffers.Remove(buffer);
            _postedCount--;
        }
        LeaveBusy();
        buffer.Dispose();
        return status;
    }

    /// <summary>The last request of a full buffer is done: posts it again.</summary>
    internal void OnBufferIdle(RequestBuffer buffer)
    {
        bool post;
        using (_lock.Enter())
        {
            post = !_isStopping;
            if (post)
                _postedCount++;
        }
        if (post && buffer.Post(_lnet) == Errno.OK)
            return;
        if (post)
        {
            using (_lock.Enter())
                _postedCount--;
        }
        LeaveBusy();
    }

    void Log(LogLevel level, string message) => _logLimit.Write(level, message);
}
