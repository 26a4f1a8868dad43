using System.Runtime.ExceptionServices;
using Lustrous.LNet;
using Lustrous.Ptlrpc.Bulk;
using Lustrous.Ptlrpc.Client;

namespace Lustrous.Ptlrpc;

/// <summary>
/// What all imports and services of a node share: its LNet, the numbers of requests, the deadlines, pooled requests,
/// and the lock manager's hooks.
/// </summary>
public sealed class PtlrpcNode : IDisposable
{
    const int RetainedRequests = 256;
    const int RetainedBulks = 64;

    readonly RankedLock _poolLock = new(60, "ptlrpc_pool");
    readonly CancellationTokenSource _stopping = new();
    PtlrpcRequest? _freeRequests;           // guarded by _poolLock
    int _freeRequestCount;                  // guarded by _poolLock
    readonly Stack<BulkDescriptor> _freeBulks = new();      // guarded by _poolLock
    readonly List<Import> _imports = [];    // guarded by _poolLock
    int _requestCount;

    public PtlrpcNode(LNetNode lnet, PtlrpcOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(lnet);
        LNet = lnet;
        Options = options ?? PtlrpcOptions.Default;
        Xids = new XidGenerator(lnet.Context);
        Deadlines = new DeadlineQueue(lnet.Context);
    }

    public LNetNode LNet { get; }

    public NodeContext Context => LNet.Context;

    public PtlrpcOptions Options { get; }

    public XidGenerator Xids { get; }

    /// <summary>The lock manager; registered before the first import is made.</summary>
    public IPtlrpcHooks Hooks { get; set; } = NullPtlrpcHooks.Instance;

    /// <summary>The caller's process, which requests carry for the server's log (<c>pb_status</c>).</summary>
    public int ProcessId { get; set; }

    /// <summary>Job that requests are accounted to (<c>pb_jobid</c>): at most 31 bytes; asked for each
    /// request.</summary>
    public Func<string>? JobId { get; set; }

    /// <summary>Requests taken and not yet given back: what a leak check looks at.</summary>
    public int RequestCount => Volatile.Read(ref _requestCount);

    internal DeadlineQueue Deadlines { get; }

    internal CancellationToken Stopping => _stopping.Token;

    /// <summary>The connections to targets there are, which <c>lctl</c> names by their devices.</summary>
    public IReadOnlyList<Import> ListImports()
    {
        using (_poolLock.Enter())
            return [.. _imports];
    }

    internal void Add(Import import)
    {
        using (_poolLock.Enter())
            _imports.Add(import);
    }

    internal void Remove(Import import)
    {
        using (_poolLock.Enter())
            _imports.Remove(import);
    }

    /// <summary>Whole seconds of uptime.</summary>
    internal long Seconds => (long)Context.Uptime.TotalSeconds;

    /// <summary>A bulk descriptor of the pool, empty; <see cref="ReturnBulk"/> gives it back.</summary>
    public BulkDescriptor TakeBulk(BulkType type, uint portal)
    {
        BulkDescriptor? bulk;
        using (_poolLock.Enter())
            _freeBulks.TryPop(out bulk);
        bulk ??= new BulkDescriptor();
        bulk.Reset(type, portal);
        return bulk;
    }

    public void ReturnBulk(BulkDescriptor bulk)
    {
        Lassert.That(!bulk.IsActive);
        using (_poolLock.Enter())
        {
            if (_freeBulks.Count < RetainedBulks)
                _freeBulks.Push(bulk);
        }
    }

    /// <summary>No deadline fires any more. Imports are closed before.</summary>
    public void Dispose()
    {
        _stopping.Cancel();
        Deadlines.Dispose();
        _stopping.Dispose();
    }

    internal PtlrpcRequest TakeRequest()
    {
        Interlocked.Increment(ref _requestCount);
        using (_poolLock.Enter())
        {
            if (_freeRequests is { } request)
            {
                _freeRequests = request.NextFree;
                request.NextFree = null;
                _freeRequestCount--;
                return request;
            }
        }
        return new PtlrpcRequest(this);
    }

    internal void ReturnRequest(PtlrpcRequest request)
    {
        Interlocked.Decrement(ref _requestCount);
        using (_poolLock.Enter())
        {
            if (_freeRequestCount == RetainedRequests)
                return;
            request.NextFree = _freeRequests;
            _freeRequests = request;
            _freeRequestCount++;
        }
    }

    /// <summary>Lets a task that nobody waits for run to its end. What it throws is a defect and is not lost.</summary>
    internal void Spawn(ValueTask task)
    {
        if (!task.IsCompletedSuccessfully)
            _ = WatchAsync(task);
    }

    async Task WatchAsync(ValueTask task)
    {
        try
        {
            await task;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Context.Log.Error("ptlrpc", e.Message);
            Context.Work.Post(
                static state => ((ExceptionDispatchInfo)state!).Throw(), ExceptionDispatchInfo.Capture(e));
        }
    }
}
