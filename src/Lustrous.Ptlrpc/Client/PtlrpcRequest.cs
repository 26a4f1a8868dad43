using System.Threading.Tasks.Sources;
using Lustrous.LNet;
using Lustrous.Ptlrpc.Bulk;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Ptlrpc.Client;

/// <summary>
/// One call to a target: <c>using PtlrpcRequest request = import.NewRequest(format);</c>, set the fields, await
/// <see cref="SendAsync"/>, read the reply's fields (<c>struct ptlrpc_request</c>). Waiting for a connection, time
/// limits, sending again and replay are done here and in <see cref="Import"/>.
/// </summary>
/// <remarks>
/// Pooled, and used by one caller. Whatever happens to it (network events, deadline, cancel, recovery) only sets a bit;
/// one thread at a time looks at the bits and acts (<see cref="Kick"/>), so its state needs no lock. References keep it
/// out of the pool while LNet, the replay list or a deadline may still call. Source: ptlrpc_check_set in
/// lustre/ptlrpc/client.c.
/// </remarks>
public sealed partial class PtlrpcRequest : IDisposable, IValueTaskSource<Errno>, ILNetEventHandler, IDeadlineOwner,
    IBulkOwner, IReplayable<PtlrpcRequest>
{
    readonly PtlrpcNode _node;
    readonly MemoryDescriptor _requestMd = new();
    readonly MemoryDescriptor _replyMd = new();
    readonly Deadline _deadline;
    ManualResetValueTaskSourceCore<Errno> _source;
    int _events;                // RequestEvents
    int _references;
    bool _holdsReplay;
    Import? _import;
    CancellationTokenRegistration _cancelRegistration;

    internal PtlrpcRequest(PtlrpcNode node)
    {
        _node = node;
        _deadline = new Deadline(this);
        _requestMd.Handler = this;
        _replyMd.Handler = this;
        ListNode = new(this);
        UnrepliedNode = new(this);
        ReplayNode = new(this);
    }

    public Import Import => _import!;

    /// <summary>The fields of request and reply.</summary>
    public RequestCapsule Capsule { get; } = new();

    public uint Opcode { get; private set; }

    /// <summary>The import's, unless it belongs elsewhere (READPAGE, IO, …).</summary>
    public uint RequestPortal { get; set; }

    public uint ReplyPortal { get; set; }

    /// <summary>Fails when it cannot be sent at once, with EAGAIN.</summary>
    public bool NoDelay { get; set; }

    /// <summary>Is sent at most once.</summary>
    public bool NoResend { get; set; }

    /// <summary>May go while the target recovers.</summary>
    public bool AllowReplay { get; set; }

    /// <summary>EINPROGRESS is an answer like any other.</summary>
    public bool NoRetryInProgress { get; set; }

    /// <summary>Does not wait for one of <c>max_rpcs_in_flight</c>: what others wait for (cancels,
    /// callbacks).</summary>
    public bool HighPriority { get; set; }

    /// <summary>Modifies: takes one of the slots that the server keeps a reply for, and its tag.</summary>
    public bool IsModifying { get; set; }

    /// <summary>Stays in the replay list after its commit, until set back (an open until its close).</summary>
    public bool KeepForReplay
    {
        get;
        set
        {
            field = value;
            if (!value)
                _import?.LetGo(this);
        }
    }

    /// <summary>State of the import that it may be sent in; only recovery sets another than FULL.</summary>
    public ImportState SendState { get; set; }

    /// <summary>Seconds the server gets; 0 lets the adaptive timeout decide.</summary>
    public int TimeoutSeconds { get; set; }

    /// <summary>Data that goes beside the messages. The caller owns it and keeps it until the request has
    /// ended.</summary>
    public BulkDescriptor? Bulk { get; set; }

    /// <summary>Called when the target has committed it; on a network thread.</summary>
    public Action<PtlrpcRequest>? CommitCallback { get; set; }

    /// <summary>Called when it will never be replayed (again), be it committed or void; after
    /// <see cref="CommitCallback"/>. Not of a request that fails.</summary>
    public Action<PtlrpcRequest>? ReplayEndedCallback { get; set; }

    /// <summary>Called when it has been replayed, to mend what depends on the reply; <see cref="ReplayReply"/> has
    /// it.</summary>
    public Action<PtlrpcRequest>? ReplayCallback { get; set; }

    /// <summary>What a replay sends is not complete yet: it waits. Set before the sending by who changes the request
    /// after its answer, who sets it back at once, whatever came.</summary>
    public bool HoldsReplay { get => Volatile.Read(ref _holdsReplay); set => Volatile.Write(ref _holdsReplay, value); }

    /// <summary>What became of the latest replay.</summary>
    public Errno ReplayStatus => _outcome;

    /// <summary>The caller's own. An <see cref="IRequestCompanion"/> is told when nothing calls it any more.</summary>
    public object? UserState { get; set; }

    public ulong Xid { get; private set; }

    /// <summary>Match bits of the last bulk descriptor.</summary>
    public ulong MatchBits { get; private set; }

    public ulong Transno { get; private set; }

    /// <summary>Slot of a modifying request; 0 for none.</summary>
    public ushort Tag { get; internal set; }

    /// <summary>Import generation it belongs to.</summary>
    public int Generation { get; internal set; }

    /// <summary>What became of it, as <see cref="SendAsync"/> returned.</summary>
    public Errno Status { get; private set; }

    /// <summary><c>pb_status</c> as it came: 0, a negative errno, or a positive answer (an ELDLM code, bytes
    /// read).</summary>
    public int ReplyStatus { get; private set; }

    /// <summary>Times it was sent.</summary>
    public int Attempts { get; private set; }

    public int EarlyReplies { get; private set; }

    /// <summary>The latest reply to a replay.</summary>
    public RequestCapsule? ReplayReply { get; private set; }

    public LinkedListNode<PtlrpcRequest> ReplayNode { get; }

    /// <summary>Its place among the import's sending, delayed or slot-waiting requests; guarded by imp_lock.</summary>
    internal LinkedListNode<PtlrpcRequest> ListNode { get; }

    /// <summary>Its place among the import's unanswered xids; guarded by imp_lock.</summary>
    internal LinkedListNode<PtlrpcRequest> UnrepliedNode { get; }

    internal PtlrpcRequest? NextFree { get; set; }

    internal bool HoldsRpcSlot { get; set; }

    internal bool IsTimedOut => _timedOut;

    internal RequestTraits Traits => new(SendState, Generation, NoDelay, NoResend, AllowReplay, Attempts > 0);

    /// <summary>Answered, and in the replay list: the target may lose what it did.</summary>
    public bool IsKept => ReplayList<PtlrpcRequest>.Contains(this);

    /// <summary>Changes what a replay will send, after the answer and under <see cref="HoldsReplay"/>, or once it has
    /// been replayed: a field as it was packed, to be written to.</summary>
    /// <param name="field">Which.</param>
    /// <param name="sizeBytes">It is made as large as this, if it is smaller.</param>
    public Span<byte> AmendForReplay(MessageField field, int sizeBytes = 0)
    {
        Lassert.That(_phase == RequestPhase.Done);
        if (sizeBytes > Capsule.GetSize(field, MessageSide.Request)
            && Capsule.Grow(field, MessageSide.Request, sizeBytes) != Errno.OK)
        {
            PooledBuffer larger = _node.Context.Buffers.Take(Capsule.Request.Length + sizeBytes + sizeof(ulong));
            Capsule.MoveTo(MessageSide.Request, larger.Slice(0, larger.Capacity));
            _requestBuffer!.Dispose();
            _requestBuffer = larger;
            Errno error = Capsule.Grow(field, MessageSide.Request, sizeBytes);
            Lassert.That(error == Errno.OK);
        }
        return Capsule.GetBytes(field, MessageSide.Request);
    }

    /// <summary>Sizes a variable field of the request, before the first field is set.</summary>
    public void SetSize(MessageField field, int sizeBytes)
    {
        Lassert.That(_requestBuffer is null, "the request is packed already");
        Capsule.SetSize(field, MessageSide.Request, sizeBytes);
    }

    /// <summary>Bytes that a variable field of the reply may bring; a longer reply costs a second round trip.</summary>
    public void SetReplySize(MessageField field, int sizeBytes) =>
        Capsule.SetSize(field, MessageSide.Reply, sizeBytes);

    public void Set<T>(StructField<T> field, in T value) where T : unmanaged
    {
        Pack();
        Capsule.Set(field, MessageSide.Request, in value);
    }

    public void SetBytes(MessageField field, ReadOnlySpan<byte> bytes)
    {
        Pack();
        Capsule.SetBytes(field, MessageSide.Request, bytes);
    }

    public void SetString(StringField field, ReadOnlySpan<byte> text)
    {
        Pack();
        Capsule.SetString(field, MessageSide.Request, text);
    }

    /// <summary>A field of the reply, or EPROTO when the server left it out.</summary>
    public Result<T> Get<T>(StructField<T> field) where T : unmanaged => Capsule.Get(field, MessageSide.Reply);

    /// <summary>A field of the reply as it came; empty when the server left it out.</summary>
    public ReadOnlySpan<byte> GetBytes(MessageField field) => Capsule.GetBytes(field, MessageSide.Reply);

    /// <summary>Lays the request out; done by the first field that is set, at the latest by
    /// <see cref="SendAsync"/>.</summary>
    public void Pack()
    {
        if (_requestBuffer is not null)
            return;
        _requestBuffer = Capsule.Pack(MessageSide.Request, _node.Context.Buffers);
        ref Idl.Ptlrpc.PtlrpcBodyV3 body = ref RequestBody;
        body.Opcode = Opcode;
        body.Version = (uint)OpcodeVersions.Of(Opcode) | (uint)Idl.Ptlrpc.LustreMsgVersion.PTLRPC_MSG_VERSION;
    }

    /// <summary>It asks again what an earlier request asked whose answer came but was not the end of it: says
    /// MSG_RESENT from its first sending on.</summary>
    public void MarkResent()
    {
        Pack();
        RequestBody.Flags |= Idl.Ptlrpc.MsgFlags.RESENT;
    }

    /// <summary>
    /// Sends it, waits for the reply, and does again what Lustre does again. The status is the server's
    /// (<see cref="ReplyStatus"/>), or: EIO after an eviction or for a broken bulk, ETIMEDOUT, EAGAIN, ENOTCONN,
    /// ESHUTDOWN where it may not wait or be sent again, EPROTO for a reply that is none, EINTR when cancelled.
    /// </summary>
    /// <remarks>Completes on the thread that received the reply. Whatever the status, LNet has none of its memory
    /// then.</remarks>
    public ValueTask<Errno> SendAsync(CancellationToken cancel)
    {
        Lassert.That(_phase is RequestPhase.New, "a request is sent once");
        Pack();
        var result = new ValueTask<Errno>(this, _source.Version);
        AddReference();     // until it is done
        if (cancel.CanBeCanceled)
        {
            AddReference();
            _cancelRegistration = cancel.UnsafeRegister(
                static state =>
                {
                    var request = (PtlrpcRequest)state!;
                    request.Kick(RequestEvents.Cancel);
                    request.Release();
                },
                this);
        }
        Kick(RequestEvents.Start);
        return result;
    }

    /// <summary>The caller is done with it and with everything read from it in place.</summary>
    public void Dispose()
    {
        Lassert.That(Interlocked.Exchange(ref _disposed, 1) == 0, "a request was disposed twice");
        HoldsReplay = false;
        // Its replay is none of the caller's business any more.
        if (!_isReplay && _phase is not (RequestPhase.New or RequestPhase.Done))
            Kick(RequestEvents.Cancel);
        Release();
    }

    internal void Begin(Import import, RequestFormat format, uint opcode, uint requestPortal, uint replyPortal)
    {
        _import = import;
        _references = 1;
        _disposed = 0;
        _phase = RequestPhase.New;
        _source.Reset();
        Capsule.SetFormat(format);
        Opcode = opcode;
        (RequestPortal, ReplyPortal) = (requestPortal, replyPortal);
        SendState = ImportState.Full;
    }

    internal void AddReference() => Interlocked.Increment(ref _references);

    internal void Release()
    {
        int left = Interlocked.Decrement(ref _references);
        Lassert.That(left >= 0);
        if (left == 0)
            Free();
    }

    Errno IValueTaskSource<Errno>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<Errno>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<Errno>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    void Free()
    {
        Import import = _import!;
        var companion = UserState as IRequestCompanion;
        Capsule.Reset();
        _requestBuffer?.Dispose();
        _replyBuffer?.Dispose();
        _userReply?.Dispose();
        _requestBuffer = _replyBuffer = _userReply = null;
        _import = null;
        ReplayReply = null;
        (NoDelay, NoResend, AllowReplay, NoRetryInProgress) = (false, false, false, false);
        (HighPriority, IsModifying, KeepForReplay, HoldsRpcSlot) = (false, false, false, false);
        (CommitCallback, ReplayCallback, ReplayEndedCallback, UserState, Bulk) = (null, null, null, null, null);
        (Xid, MatchBits, Transno, Tag, Generation) = (0, 0, 0, 0, 0);
        (Status, ReplyStatus, Attempts, EarlyReplies, TimeoutSeconds) = (Errno.OK, 0, 0, 0, 0);
        (_progressRetries, _replyRoom) = (0, 0);
        // One that was cancelled while it waited to be sent again must not leave that wait to the next.
        (_notBefore, _outcome, _replied, _timedOut) = (TimeSpan.Zero, Errno.OK, false, false);
        (_resend, _isReplay, _signalled, _needsXid, _cancelled) = (false, false, false, false, false);
        ConnectCount = 0;
        _node.ReturnRequest(this);
        companion?.RequestFreed();
        import.RequestFreed();
    }
}
