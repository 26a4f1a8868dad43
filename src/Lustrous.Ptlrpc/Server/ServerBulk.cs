using System.Threading.Tasks.Sources;
using Lustrous.Ptlrpc.Bulk;

namespace Lustrous.Ptlrpc.Server;

/// <summary>
/// The bulk transfer of one request, straight from or to the handler's memory (target_bulk_io). Pooled: taken with
/// <see cref="ServerRequest.NewBulk"/>, given back by disposing it.
/// </summary>
/// <remarks>
/// Ends early when the time is up or the client has reconnected (ETIMEDOUT), or was evicted (ENOTCONN). Whatever broke
/// it, the request is then not answered: its client resends the whole, and a late error would end that resend, which
/// waits under the same match bits. The memory is the handler's again when the task has ended, never before.
/// </remarks>
public sealed class ServerBulk : IBulkOwner, IValueTaskSource<Errno>, IFreeListItem<ServerBulk>, IDisposable
{
    readonly Service _service;
    ManualResetValueTaskSourceCore<Errno> _source;
    ServerRequest? _request;
    Export? _export;
    uint _connectCount;
    int _aborted;           // the errno, 0 while nothing was aborted
    int _references;        // one of the handler, one of each abort under way

    internal ServerBulk(Service service) => _service = service;

    ServerBulk? IFreeListItem<ServerBulk>.NextFree { get; set; }

    internal ServerBulk? PreviousActive { get; set; }
    internal ServerBulk? NextActive { get; set; }
    internal ServerBulk? PreviousOfExport { get; set; }
    internal ServerBulk? NextOfExport { get; set; }

    /// <summary>The memory: add it, then <see cref="RunAsync"/>.</summary>
    public BulkDescriptor Memory { get; } = new();

    /// <summary>Uptime after which the transfer is given up; at most what the client still waits.</summary>
    internal TimeSpan Start { get; private set; }

    /// <summary>Only while it is on the service's list.</summary>
    internal TimeSpan RequestDeadline => _request!.Deadline;

    internal void Begin(ServerRequest request, BulkType type, uint portal)
    {
        _request = request;
        _export = request.Export;
        _connectCount = request.ConnectCount;
        _aborted = 0;
        _references = 1;
        Memory.Reset(type, portal);
    }

    /// <summary>Moves the data.</summary>
    /// <returns>ENOTCONN, ETIMEDOUT as above; EPROTO when the client offers less memory than the data needs; ETIMEDOUT
    /// too when the network failed or moved fewer bytes than asked.</returns>
    public ValueTask<Errno> RunAsync()
    {
        if (_export is not { } export || export.IsFailed || export.ConnectCount > _connectCount)
        {
            _request!.NoReply = true;
            return new(Errno.ENOTCONN);
        }
        _source.Reset();
        Start = _service.Context.Uptime;
        _service.AddBulk(this);
        export.AddBulk(this);
        ServerRequest request = _request!;
        Errno status = Memory.Start(_service.LNet, request.Self, request.Source, request.BulkMatchBits, this);
        if (status != Errno.OK)
        {
            export.RemoveBulk(this);
            _service.RemoveBulk(this);
            // Too little memory is the client's mistake; anything else is the network's, as below.
            request.NoReply |= status != Errno.EPROTO;
            return new(status);
        }
        // The client may have gone since the check: whoever aborted it then met no transfer, or only its first part.
        if (export.IsFailed || export.ConnectCount > _connectCount)
            Abort(export.IsFailed ? Errno.ENOTCONN : Errno.ETIMEDOUT);
        else if (Volatile.Read(ref _aborted) != 0)
            Memory.Abort();
        return new(this, _source.Version);
    }

    /// <summary>Keeps it from being used for another request; only while it is on a list of active ones.</summary>
    internal void Hold() => Interlocked.Increment(ref _references);

    internal void LetGo()
    {
        if (Interlocked.Decrement(ref _references) == 0)
            _service.ReturnBulk(this);
    }

    /// <summary>Gives it up; the task ends when LNet has let go of the memory.</summary>
    internal void Abort(Errno why)
    {
        Interlocked.CompareExchange(ref _aborted, (int)why, 0);     // the first reason is the one told
        Memory.Abort();
    }

    void IBulkOwner.OnBulkEnded(BulkDescriptor bulk)
    {
        _export!.RemoveBulk(this);
        _service.RemoveBulk(this);
        Errno status = (Errno)Volatile.Read(ref _aborted);
        if (status == Errno.OK && (Memory.Failed || Memory.TransferredBytes != Memory.Size))
            status = Errno.ETIMEDOUT;
        if (status != Errno.OK)
            _request!.NoReply = true;
        _source.SetResult(status);
    }

    public void Dispose()
    {
        if (_request is null)
            return;
        _request = null;
        _export = null;
        LetGo();
    }

    Errno IValueTaskSource<Errno>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<Errno>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<Errno>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
