using Lustrous.Idl.LNet;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Idl.Wire;
using Lustrous.LNet;
using Lustrous.Ptlrpc.Bulk;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Ptlrpc.Server;

/// <summary>
/// One request at the server (<c>struct ptlrpc_request</c>, server side). Pooled: a handler must not touch it, nor
/// anything borrowed from it, after its task has ended.
/// </summary>
public sealed partial class ServerRequest : IFreeListItem<ServerRequest>
{
    internal ServerRequest(Service service)
    {
        Service = service;
        _resume = Resume;
    }

    ServerRequest? IFreeListItem<ServerRequest>.NextFree { get; set; }

    public Service Service { get; }

    /// <summary>The client's handle on us, found by the cookie it sent; null for a first connect or an unknown
    /// client.</summary>
    public Export? Export { get; internal set; }

    /// <summary>The process that sent it, under its primary NID.</summary>
    public LNetProcessId Peer { get; private set; }

    /// <summary>The same under the NID the message came from: where the reply and bulk go.</summary>
    public LNetProcessId Source { get; private set; }

    /// <summary>Our address that it came to.</summary>
    public Nid Self { get; private set; }

    /// <summary>Number of the request, unique for the client (<c>rq_xid</c>): its match bits.</summary>
    public ulong Xid { get; private set; }

    /// <summary>Uptime when it arrived.</summary>
    public TimeSpan Arrival { get; private set; }

    /// <summary>Uptime until which the client waits; early replies move it.</summary>
    public TimeSpan Deadline
    {
        get => new(Volatile.Read(ref _deadlineTicks));
        internal set => Volatile.Write(ref _deadlineTicks, value.Ticks);
    }

    /// <summary>What becomes <c>pb_status</c> when the handler returns OK: 0, a byte count or an ELDLM code.</summary>
    public int Status { get; set; }

    /// <summary>Number of the transaction it made (<c>rq_transno</c>); 0 for none.</summary>
    public ulong ReplyTransno { get; set; }

    /// <summary>Versions of the objects that it changed, as they were before, which its replay brings back.</summary>
    public ref Array4<ulong> ReplyVersions => ref _replyVersions;

    /// <summary>The storage's object that gets the transaction's number for its version; the target knows its
    /// type.</summary>
    public object? VersionedObject { get; set; }

    /// <summary>The operation's own, kept with the number for a resend after a restart: dispositions of an
    /// open.</summary>
    public ulong OperationData { get; set; }

    /// <summary>Nothing is sent: the client has been told otherwise, or has gone (<c>rq_no_reply</c>).</summary>
    public bool NoReply { get; set; }

    /// <summary>
    /// The reply also goes into the export's <see cref="ReplyCache"/>, so that a resend gets it again instead of being
    /// executed again. For operations that are not idempotent.
    /// </summary>
    public bool RememberReply { get; set; }

    /// <summary>Makes the reply difficult: an ACK is asked for, and the locks are held until it comes.</summary>
    public SavedLocks? SavedLocks { get; set; }

    internal ReplyTarget ReplyTarget => new(Self, Source);

    /// <summary>Served from the high-priority queue.</summary>
    public bool IsHighPriority { get; internal set; }

    /// <summary>Early replies sent for it.</summary>
    public int EarlyReplies { get; internal set; }

    /// <summary>Where the reply goes: the xid, or <c>pb_mbits</c> where REP_MBITS was granted. Guarded by the export's
    /// lock.</summary>
    internal ulong ReplyMatchBits { get; set; }

    // Links of the queue, the service's list of live requests and the export's list of those in progress.
    internal ServerRequest? PreviousQueued { get; set; }
    internal ServerRequest? NextQueued { get; set; }
    internal bool IsQueued { get; set; }
    internal ServerRequest? PreviousLive { get; set; }
    internal ServerRequest? NextLive { get; set; }
    internal bool IsLive { get; set; }
    internal ServerRequest? PreviousOfExport { get; set; }
    internal ServerRequest? NextOfExport { get; set; }
    internal bool IsInProgress { get; set; }

    /// <summary>Counts towards <see cref="ServiceOptions.MaxRequests"/>.</summary>
    internal bool IsCounted { get; set; }

    /// <summary>No more early replies: the last try could not add any time.</summary>
    internal bool EarlyGivenUp { get; set; }

    readonly Action _resume;
    ValueTask<Errno> _task;
    IoVec _memory;
    RequestBuffer? _buffer;         // what the message lies in, one reference of it
    PooledBuffer? _moved;           // or the buffer that lolnd handed over
    long _deadlineTicks;
    Array4<ulong> _replyVersions;

    internal void Arrive(RequestBuffer buffer, in LNetEvent e, TimeSpan now)
    {
        Peer = e.Initiator;
        Source = e.Source;
        Self = e.SelfNid;
        Xid = e.MatchBits;
        ReplyMatchBits = e.MatchBits;
        Arrival = now;
        if (e.MovedBuffer is { } moved)
        {
            _moved = moved;
            _memory = moved.Slice(0, e.MatchedLength);
        }
        else
        {
            _buffer = buffer;
            buffer.AddReference();
            _memory = buffer.Slice(e.Offset, e.MatchedLength);
        }
    }

    /// <summary>A bulk transfer with the client: add memory, run it, dispose it.</summary>
    /// <param name="type">PutSource to send to the client (its read), GetSink to fetch (its write).</param>
    /// <param name="portal">Where the client has attached its memory: <c>OST_BULK_PORTAL</c> …</param>
    public ServerBulk NewBulk(BulkType type, uint portal) => Service.NewBulk(this, type, portal);

    /// <summary>Remembers what an unfinished handler returned and has the service go on when it ends.</summary>
    internal void Await(ValueTask<Errno> task)
    {
        _task = task;
        task.GetAwaiter().UnsafeOnCompleted(_resume);
    }

    /// <summary>It is going to wait for others: its message moves to memory of its own size, for the buffer that it
    /// came in is also theirs.</summary>
    internal void LeaveBuffer()
    {
        if (_buffer is not { } shared)
            return;
        _moved = Service.Context.Buffers.Take(_memory.Length);
        IoVec own = _moved.Slice(0, _memory.Length);
        Capsule.MoveTo(MessageSide.Request, own);
        (_memory, _buffer) = (own, null);
        shared.Release();
    }

    /// <summary>Gives everything back; the object is then as new.</summary>
    internal void Release()
    {
        Lassert.That(!IsQueued && !IsLive && !IsInProgress);
        _moved?.Dispose();
        _buffer?.Release();
        ReleaseReply();
        (_moved, _buffer, _memory) = (null, null, default);
        Export = null;
        _task = default;
        Status = 0;
        ReplyTransno = 0;
        OperationData = 0;
        ReplyVersions = default;
        VersionedObject = null;
        EarlyReplies = 0;
        SavedLocks = null;
        NoReply = RememberReply = IsHighPriority = EarlyGivenUp = IsCounted = false;
        ClearMessage();
    }

    void Resume()
    {
        ValueTask<Errno> task = _task;
        _task = default;
        Service.OnHandlerEnded(this, task);
    }
}
