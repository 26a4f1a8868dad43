using Lustrous.Idl.LNet;
using Lustrous.Idl.Ptlrpc;
using Lustrous.LNet;

namespace Lustrous.Ptlrpc.Server;

/// <summary>
/// What a target knows of one client that is connected to it (<c>struct obd_export</c>): who it is, what the two agreed
/// on, and which of its requests are in progress.
/// </summary>
public sealed partial class Export
{
    readonly RankedLock _lock = new(55, "exp_lock");
    ServerRequest? _firstInProgress;    // guarded by _lock
    int _inProgress;                    // guarded by _lock
    uint _connectCount;                 // written under _lock
    bool _connecting;                   // guarded by _lock
    volatile bool _failed;              // written under _lock
    volatile bool _disconnected;        // written under _lock
    long _lastRequestTicks;
    ulong _lastXid;                     // guarded by _lock
    ulong _lastCommitted;

    internal Export(ServiceTarget target, ulong cookie, string clientUuid)
    {
        Target = target;
        Cookie = cookie;
        ClientUuid = clientUuid;
    }

    public ServiceTarget Target { get; }

    /// <summary>The number the client sends with every request (<c>exp_handle</c>).</summary>
    public ulong Cookie { get; }

    public string ClientUuid { get; }

    /// <summary>Where the client last connected from.</summary>
    public LNetProcessId Peer { get; private set; }

    /// <summary>Its address then.</summary>
    public Nid PeerNid => Peer.Nid;

    /// <summary>Our address that it connected to.</summary>
    public Nid Self { get; private set; }

    /// <summary>The client's own handle, which callbacks carry (RMF_CONN of its connect).</summary>
    public ulong RemoteHandle { get; private set; }

    /// <summary>What both sides agreed on; read without a lock, replaced as a whole by each connect.</summary>
    public ConnectResult Connection { get; private set; } = ConnectResult.None;

    /// <summary>Number of the connection; requests of an older one are dropped. 0 until connected.</summary>
    public uint ConnectCount => Volatile.Read(ref _connectCount);

    /// <summary>Evicted: it was thrown out, not asked.</summary>
    public bool IsFailed => _failed;

    public bool IsDisconnected => _disconnected;

    /// <summary>Fully connected and not thrown out (class_connected_export).</summary>
    public bool IsConnected => ConnectCount > 0 && !_failed && !_disconnected;

    /// <summary>Uptime when the client was last heard of.</summary>
    public TimeSpan LastRequest
    {
        get => new(Volatile.Read(ref _lastRequestTicks));
        internal set => Volatile.Write(ref _lastRequestTicks, value.Ticks);
    }

    /// <summary>Requests in progress.</summary>
    public int InProgress
    {
        get
        {
            using (_lock.Enter())
                return _inProgress;
        }
    }

    /// <summary>The last transaction of this client that is durable (<c>exp_last_committed</c>); never goes
    /// back.</summary>
    public ulong LastCommitted
    {
        get => Volatile.Read(ref _lastCommitted);
        set
        {
            using (_lock.Enter())
                _lastCommitted = Math.Max(_lastCommitted, value);
        }
    }

    /// <summary>It took part in its target's recovery to the end: what it says of it again, as the answer was lost,
    /// is no news.</summary>
    public bool HasRecovered { get; set; }

    /// <summary>The target has taken it into its recovery: its replays are waited for.</summary>
    public bool IsInRecovery { get; set; }

    /// <summary>Replies of requests that must not be executed twice.</summary>
    public ReplyCache Replies { get; } = new();

    /// <summary>The target's own (<c>exp_target_data</c> and its like).</summary>
    public object? TargetData { get; set; }

    /// <summary>The lock manager's own: the client's locks.</summary>
    public object? LdlmData { get; set; }

    /// <summary>Sends callbacks to the client (<c>exp_imp_reverse</c>); set by
    /// <see cref="ServiceTarget.CreateReverseImport"/>.</summary>
    public IReverseImport? ReverseImport { get; internal set; }

    /// <summary>Whether both sides agreed on all of <paramref name="flags"/>.</summary>
    public bool Supports(ConnectFlags flags) => (Connection.Flags & flags) == flags;

    /// <summary>Whether both sides agreed on all of <paramref name="flags"/>, of the second word.</summary>
    public bool Supports(ConnectFlags2 flags) => (Connection.Flags2 & flags) == flags;

    public override string ToString() => $"{ClientUuid} (at {Peer.Nid})";

    /// <summary>
    /// Notes a request as in progress, unless it is the resend of one that is: then that one gets the new deadline and
    /// match bits, and the answer is false (ptlrpc_server_check_resend_in_progress).
    /// </summary>
    internal bool TryBegin(ServerRequest request)
    {
        using (_lock.Enter())
        {
            // The list is as long as the client has requests in flight, and is walked for resends only.
            if ((request.Flags & MsgFlags.RESENT) != 0)
            {
                for (ServerRequest? other = _firstInProgress; other is not null; other = other.NextOfExport)
                {
                    if (other.Xid != request.Xid)
                        continue;
                    other.Deadline = request.Deadline;
                    other.ReplyMatchBits = request.ReplyMatchBits;
                    return false;
                }
            }
            request.NextOfExport = _firstInProgress;
            request.PreviousOfExport = null;
            if (_firstInProgress is not null)
                _firstInProgress.PreviousOfExport = request;
            _firstInProgress = request;
            request.IsInProgress = true;
            _inProgress++;
            return true;
        }
    }

    /// <summary>A request is about to be answered: from here on a resend of it is a new request. Returns where its
    /// reply goes.</summary>
    internal ulong End(ServerRequest request)
    {
        using (_lock.Enter())
        {
            if (!request.IsInProgress)
                return request.ReplyMatchBits;
            if (request.PreviousOfExport is { } previous)
                previous.NextOfExport = request.NextOfExport;
            else
                _firstInProgress = request.NextOfExport;
            if (request.NextOfExport is { } next)
                next.PreviousOfExport = request.PreviousOfExport;
            request.NextOfExport = request.PreviousOfExport = null;
            request.IsInProgress = false;
            _inProgress--;
            return request.ReplyMatchBits;
        }
    }

    /// <summary>
    /// Takes in <c>pb_last_xid</c>, below which the client has every reply, and refuses what is not above it: a request
    /// that was delayed for so long that the client no longer waits for it (process_req_last_xid).
    /// </summary>
    internal Errno CheckLastXid(ServerRequest request)
    {
        ulong lastXid;
        bool advanced;
        using (_lock.Enter())
        {
            advanced = request.LastXid > _lastXid;
            if (advanced)
                _lastXid = request.LastXid;
            lastXid = _lastXid;
        }
        if (advanced)
        {
            Replies.Prune(lastXid);
            Target.Acknowledged(this, lastXid);
        }
        return (request.Xid == 0 || request.Xid <= lastXid) && (request.Flags & MsgFlags.REPLAY) == 0
            ? Errno.EPROTO
            : Errno.OK;
    }

    /// <summary>One connect at a time (<c>exp_connecting</c>).</summary>
    internal bool TryBeginConnect()
    {
        using (_lock.Enter())
        {
            if (_connecting)
                return false;
            _connecting = true;
            return true;
        }
    }

    internal void EndConnect()
    {
        using (_lock.Enter())
            _connecting = false;
    }

    /// <summary>The connect is granted: EALREADY when a later one was first, ENODEV when it has been disconnected
    /// meanwhile.</summary>
    internal Errno Connected(ServerRequest request, ulong remoteHandle, in ConnectResult result)
    {
        using (_lock.Enter())
        {
            if (_disconnected || _failed)
                return Errno.ENODEV;
            if (_connectCount >= request.ConnectCount)
                return Errno.EALREADY;
            _connectCount = request.ConnectCount;
            _lastXid = 0;
            Peer = request.Peer;
            Self = request.Self;
            RemoteHandle = remoteHandle;
            Connection = result;
        }
        LastRequest = request.Arrival;
        AbortBulks(Errno.ETIMEDOUT);
        return Errno.OK;
    }

    /// <summary>Marks it as gone; false when it already was.</summary>
    internal bool MarkGone(bool evicted)
    {
        using (_lock.Enter())
        {
            bool first = !_disconnected && !_failed;
            _disconnected = true;
            if (evicted)
                _failed = true;
            if (!first)
                return false;
        }
        AbortBulks(Errno.ENOTCONN);
        Replies.Clear();
        return true;
    }
}
