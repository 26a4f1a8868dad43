using Lustrous.Idl.Ptlrpc;
using Lustrous.LNet;

namespace Lustrous.Ptlrpc.Client;

/// <summary>
/// The state of an import and every decision about it: pure, guarded by its owner's lock. Each input returns what the
/// owner must do (<c>struct obd_import</c> without its lists).
/// </summary>
/// <remarks>Source: lustre/ptlrpc/import.c. Times are whole seconds of uptime.</remarks>
public sealed partial class ImportMachine
{
    /// <summary><c>IMP_STATE_HIST_LEN</c></summary>
    const int HistoryLength = 16;

    readonly PtlrpcOptions _options;
    readonly ImportTimeouts _timeouts;
    readonly Queue<(ImportState State, long At)> _history = new(HistoryLength);
    readonly List<ImportConnection> _connections = [];
    long _lastSuccess;              // imp_last_success_conn: when the latest connection that worked was tried
    bool _forceReconnect;           // IMPF_FORCE_RECONNECT: stay with the address
    bool _resendReplay;             // IMPF_RESEND_REPLAY
    bool _noCachedData = true;      // IMPF_NO_CACHED_DATA: losing the target's state costs us nothing
    bool _invalidating;             // imp_inval_count
    bool _initialConnect;
    ulong _committedBefore;         // of the target, before the present connect

    public ImportMachine(PtlrpcOptions options, ImportTimeouts timeouts, ReadOnlySpan<LNetProcessId> peers)
    {
        _options = options;
        _timeouts = timeouts;
        foreach (LNetProcessId peer in peers)
            _connections.Add(new ImportConnection(peer));
        _history.Enqueue((ImportState.New, 0));
    }

    public ImportState State { get; private set; } = ImportState.New;

    /// <summary>Attempts to connect so far; each request carries the number of its connection.</summary>
    public uint ConnectCount { get; private set; }

    /// <summary>Counts the times that what was under way became void.</summary>
    public int Generation { get; private set; } = 1;

    /// <summary>The target's handle for us; 0 before the first connect.</summary>
    public ulong RemoteHandle { get; private set; }

    /// <summary>The target offers replay.</summary>
    public bool IsReplayable { get; private set; } = true;

    /// <summary>Requests fail: evicted, or not replayable and disconnected.</summary>
    public bool IsInvalid { get; private set; }

    /// <summary>Turned off by the administrator, or refused by the server for good.</summary>
    public bool IsDeactive { get; private set; }

    /// <summary>A server's way back to a client: never connects or recovers by itself (<c>IMPF_DLM_FAKE</c>).</summary>
    public bool IsReverse { get; private set; }

    /// <summary>A replay met another version than it was made for: nothing after it can be trusted.</summary>
    public bool VersionRecoveryFailed { get; private set; }

    /// <summary>The import was idle and connects for a request that waits.</summary>
    public bool WasIdle { get; private set; }

    public bool ConnectTried { get; private set; }

    /// <summary>Why the latest connect failed.</summary>
    public Errno ConnectError { get; private set; }

    /// <summary>Transno of the latest replay.</summary>
    public ulong LastReplayTransno { get; private set; }

    /// <summary>Its xid: several requests may have one transno.</summary>
    public ulong LastReplayXid { get; private set; }

    /// <summary>The target claims to have committed less than it said before its restart.</summary>
    public bool WentBackInTime { get; private set; }

    /// <summary>Flags to ask for; the answer holds no other.</summary>
    public ConnectFlags AskedFlags { get; set; }

    public ConnectFlags2 AskedFlags2 { get; set; }

    /// <summary>Bulk checksums this node can compute.</summary>
    public uint SupportedChecksums { get; set; }

    /// <summary>The latest answer to a connect.</summary>
    public ConnectReply Granted { get; private set; }

    /// <summary>The address in use or being tried.</summary>
    public ImportConnection? Current { get; private set; }

    /// <summary>All addresses, the one that worked last first.</summary>
    public IReadOnlyList<ImportConnection> Connections => _connections;

    /// <summary>The latest states with their times, oldest first.</summary>
    public IEnumerable<(ImportState State, long At)> History => _history;

    /// <summary>Generation at which an idle import was asked to connect; 0 when it was not
    /// (<c>imp_initiated_at</c>).</summary>
    public int InitiatedAt { get; private set; }

    public bool IsInitialConnect => _initialConnect;

    /// <summary>Something came from the target that it would lose with our state (<c>IMPF_NO_CACHED_DATA</c>
    /// cleared).</summary>
    public void CachedData() => _noCachedData = false;

    /// <summary>The delayed requests of an idle import are on their way: it is an ordinary one again.</summary>
    public void DelayedSent() => InitiatedAt = 0;

    /// <summary>Adds an address, last in order.</summary>
    public void AddConnection(LNetProcessId peer)
    {
        if (!_connections.Exists(connection => connection.Peer == peer))
            _connections.Add(new ImportConnection(peer));
    }

    /// <summary>The next attempt goes to the first of these addresses that is known; all are added when none
    /// is.</summary>
    public void Prefer(ReadOnlySpan<LNetProcessId> peers)
    {
        // One of a node's addresses may be all that we can reach.
        ImportConnection? chosen = Current is { } current && peers.Contains(current.Peer) ? current : null;
        foreach (LNetProcessId peer in peers)
            chosen ??= _connections.Find(connection => connection.Peer == peer);
        if (chosen is null)
        {
            int known = _connections.Count;
            foreach (LNetProcessId peer in peers)
                AddConnection(peer);
            if (_connections.Count == known)
                return;
            chosen = _connections[known];
        }
        chosen.LastAttempt = 0;
        _connections.Remove(chosen);
        _connections.Insert(0, chosen);
        _forceReconnect = false;
    }

    /// <summary>Makes this a server's import to a connected client.</summary>
    public void BecomeReverse(ulong remoteHandle, in ConnectReply granted, long now)
    {
        IsReverse = true;
        RemoteHandle = remoteHandle;
        Granted = granted;
        IsReplayable = false;
        Current = _connections[0];
        Transition(ImportState.Full, now);
    }

    /// <summary>
    /// Whether a request may go now (<c>ptlrpc_import_delay_req</c>, and what ptlrpc_check_set asks before a resend).
    /// </summary>
    public Admission Admit(in RequestTraits request)
    {
        bool isOwn = request.SendState == ImportState.Connecting && State == ImportState.Connecting;
        if (State is ImportState.New or ImportState.Closed)
            return Admission.Refuse(Errno.EIO);
        if (isOwn)
            return _invalidating ? Admission.Refuse(Errno.EIO) : Admission.Send;
        if (IsInvalid)
            return Admission.Refuse(Errno.ESHUTDOWN);
        if (request.Generation != Generation)
            return Admission.Refuse(Errno.EIO);
        if (request.SendState != State)
        {
            if (_invalidating)
                return Admission.Refuse(Errno.EIO);
            if (request.NoDelay && Generation != InitiatedAt)
                return Admission.Refuse(Errno.EAGAIN);
            if (!(request.AllowReplay && State.IsReplaying()))
                return Admission.Delay;
        }
        bool tooLate = request.IsResend && request.NoResend && Generation != InitiatedAt;
        return tooLate ? Admission.Refuse(Errno.ENOTCONN) : Admission.Send;
    }

    void Transition(ImportState state, long now)
    {
        if (state == State)
            return;
        State = state;
        if (_history.Count == HistoryLength)
            _history.Dequeue();
        _history.Enqueue((state, now));
    }
}
