using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Lustrous.Idl.Ptlrpc;
using Lustrous.LNet;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Ptlrpc.Client;

// Carries out what the state machine decides.
public sealed partial class Import
{
    /// <summary>Room for a connect reply that has grown (ptlrpc_connect_import).</summary>
    const int ConnectReplySlack = 16 * sizeof(ulong);

    static readonly TimeSpan s_idlePause = TimeSpan.FromMilliseconds(100);

    ObdConnectData _connectData;        // guarded by _lock

    /// <summary>The connection of a request is gone, or silent (<c>ptlrpc_fail_import</c>).</summary>
    internal void ConnectionLost(uint connectCount)
    {
        ImportActions actions;
        using (_lock.Enter())
            actions = _machine.ConnectionLost(connectCount, Node.Seconds);
        Perform(actions);
    }

    /// <summary>The target has refused our handle: connect at once (<c>ptlrpc_request_handle_notconn</c>).</summary>
    internal void NotConnected(uint connectCount)
    {
        ImportActions actions;
        using (_lock.Enter())
        {
            actions = _machine.ConnectionLost(connectCount, Node.Seconds);
            if (actions != ImportActions.None)
            {
                _machine.Connect(Node.Seconds, _replay.PeerCommitted, out ImportActions connect);
                actions |= connect;
            }
        }
        Perform(actions);
    }

    /// <summary>Connects from scratch, whatever the state (<c>lctl recover</c>).</summary>
    public void Recover()
    {
        ImportActions actions;
        using (_lock.Enter())
            actions = _machine.Recover(Node.Seconds, _replay.PeerCommitted);
        Perform(actions);
    }

    /// <summary>The same, beginning with where the target is said to be now
    /// (<c>import_set_conn_priority</c>).</summary>
    /// <param name="peers">Its addresses. Where none of them is known here, all of them are added.</param>
    public void Recover(ReadOnlySpan<LNetProcessId> peers)
    {
        using (_lock.Enter())
            _machine.Prefer(peers);
        Recover();
    }

    /// <summary>Turns it off or on (<c>lctl deactivate</c>, <c>activate</c>).</summary>
    public void SetActive(bool active)
    {
        ImportActions actions;
        using (_lock.Enter())
        {
            actions = active
                ? _machine.SetActive(Node.Seconds, _replay.PeerCommitted)
                : _machine.SetInactive(Node.Seconds);
        }
        Perform(actions);
    }

    void IDeadlineOwner.OnDeadline()
    {
        // The lock manager has locks of its own: it is asked before ours is taken.
        bool mayIdle = Options.IdleTimeoutSeconds > 0 && !Node.Hooks.HoldsLocks(this);
        ImportActions actions;
        using (_lock.Enter())
        {
            if (_disposed)
                return;
            actions = _machine.Pinger(Node.Seconds, mayIdle && CanIdle(), _replay.PeerCommitted);
        }
        Perform(actions);
        ArmPinger();
    }

    bool CanIdle() => Volatile.Read(ref _requestCount) == 0 && _replay.Count == 0
        && Node.Seconds - _lastReplySeconds >= Options.IdleTimeoutSeconds;

    void ArmPinger()
    {
        long due;
        using (_lock.Enter())
        {
            if (_disposed || IsReverse || _machine.State == ImportState.Closed)
                return;
            due = _machine.IsPingForced ? 0 : Math.Max(_machine.NextPing, 1);
        }
        Node.Deadlines.Set(_pingDeadline, due == 0 ? Node.Context.Uptime : TimeSpan.FromSeconds(due));
    }

    void Perform(ImportActions actions)
    {
        if (actions == ImportActions.None)
            return;
        if (Has(ImportActions.NotifyDisconnected))
            Notify(ImportEvent.Disconnected);
        if (Has(ImportActions.AbortOldGeneration))
            AbortOldGeneration();
        if (Has(ImportActions.AbortNoResend))
            KickAll(_delayed, RequestEvents.ConnectFailed);
        if (Has(ImportActions.NotifyInactive))
            Notify(ImportEvent.Inactive);
        if (Has(ImportActions.NotifyEvicted))
            Notify(ImportEvent.Evicted);
        if (Has(ImportActions.Invalidate))
            InvalidateSoon();
        if (Has(ImportActions.NotifyConnectData))
            Notify(ImportEvent.ConnectData);
        if (Has(ImportActions.SendConnect))
            Node.Spawn(SendConnectAsync());
        if (Has(ImportActions.SendDisconnect))
            Node.Spawn(GoIdleAsync());
        if (Has(ImportActions.ReplayNext))
            Node.Spawn(ReplayNextAsync());
        if (Has(ImportActions.ReplayLocks))
            Node.Spawn(ReplayLocksAsync());
        if (Has(ImportActions.SendReplayDone))
            Node.Spawn(SendReplayDoneAsync());
        if (Has(ImportActions.Resend))
            KickAll(_sending, RequestEvents.Resend);
        if (Has(ImportActions.NotifyActive))
            Notify(ImportEvent.Active);
        if (Has(ImportActions.WakeDelayed))
            KickAll(_delayed, RequestEvents.Wake);
        if (Has(ImportActions.Ping))
            Node.Spawn(PingAsync());
        WakeWaiters();
        ArmPinger();

        bool Has(ImportActions action) => (actions & action) != 0;
    }

    void Notify(ImportEvent what)
    {
        if (Node.Context.Log.IsEnabled(LogLevel.Info))
            Node.Context.Log.Info(Options.DeviceName, $"{what}: {Options.TargetUuid} ({CurrentPeer})");
        Options.Owner?.OnImportEvent(this, what);
    }

    void AbortOldGeneration()
    {
        KickAll(_sending, RequestEvents.Abort);
        KickAll(_delayed, RequestEvents.Abort);
        KickAll(_slotWaiters, RequestEvents.Abort);
        List<PtlrpcRequest>? released;
        using (_lock.Enter())
            released = Prune();
        ReleaseAll(released);
    }

    /// <summary>The owner's caches go when no request uses them any more (<c>ptlrpc_invalidate_import</c>).</summary>
    void InvalidateSoon()
    {
        using (_lock.Enter())
        {
            _invalidateWhenDrained = _sending.Count + _delayed.Count + _slotWaiters.Count > 0;
            if (_invalidateWhenDrained)
                return;
        }
        Node.Spawn(InvalidateAsync());
    }

    async ValueTask InvalidateAsync()
    {
        await Node.Hooks.InvalidatedAsync(this);
        if (Options.Owner is { } owner)
            await owner.InvalidateAsync(this);
        ImportActions actions;
        using (_lock.Enter())
            actions = _machine.Invalidated(Node.Seconds);
        Perform(actions);
    }

    async ValueTask SendConnectAsync()
    {
        uint attempt;
        using PtlrpcRequest request = NewRequest(RequestFormats.MdsConnect, Options.ConnectOpcode);
        ObdConnectData asked = Options.ConnectData;
        asked.Version = LustreVersion.Code;     // whoever asks: peers and dissectors judge the rest by it
        MsgConnectFlags flags = 0;
        int serviceSeconds;
        using (_lock.Enter())
        {
            attempt = _machine.ConnectCount;
            if (_machine.IsInitialConnect)
                flags |= MsgConnectFlags.INITIAL;
            if (_replay.FirstTransno is > 0 and var transno)
            {
                asked.Transno = transno;
                flags |= MsgConnectFlags.TRANSNO;
            }
            // How long we take to come back, for the target's recovery window.
            serviceSeconds = PtlrpcOptions.TimeoutToEstimate(
                _timeouts.RequestSeconds(Options.RequestPortal, isServerSide: false));
        }
        request.NoResend = request.NoDelay = true;
        request.SendState = ImportState.Connecting;
        request.TimeoutSeconds = Node.Options.InitialConnectTimeoutSeconds;
        request.SetSize(Rmf.SelinuxPol, 0);
        request.SetReplySize(Rmf.ConnectData, Unsafe.SizeOf<ObdConnectData>() + ConnectReplySlack);
        FillConnect(request, asked, flags, serviceSeconds);
        Errno status = await request.SendAsync(Node.Stopping);
        ConnectAnswered(attempt, request, status);
    }

    void FillConnect(PtlrpcRequest request, in ObdConnectData asked, MsgConnectFlags flags, int serviceSeconds)
    {
        request.SetString(Rmf.Tgtuuid, Encoding.ASCII.GetBytes(Options.TargetUuid));
        request.SetString(Rmf.Cluuid, Encoding.ASCII.GetBytes(Options.ClientUuid));
        ulong handle = Options.LocalHandle;
        request.SetBytes(Rmf.Conn, MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(ref handle)));
        request.SetBytes(
            Rmf.ConnectData, MemoryMarshal.AsBytes(new ReadOnlySpan<ObdConnectData>(in asked)));
        request.RequestBody.OpFlags = flags;
        request.RequestBody.ServiceTime = (uint)serviceSeconds;
    }

    void ConnectAnswered(uint attempt, PtlrpcRequest request, Errno status)
    {
        ObdConnectData data = default;
        ConnectReply reply = default;
        if (status == Errno.OK && !TryReadConnect(request, out data, out reply))
            status = Errno.EPROTO;
        ImportActions actions;
        using (_lock.Enter())
        {
            long now = Node.Seconds;
            if (status == Errno.OK)
            {
                bool accepted = _machine.ConnectCount == attempt;
                actions = _machine.ConnectReplied(attempt, reply, now, hasReplay: _replay.Count > 0);
                if (accepted && _machine.ConnectError == Errno.OK)
                    Apply(data);
            }
            else
            {
                actions = _machine.ConnectFailed(attempt, status, now);
            }
        }
        Errno refused = status != Errno.OK ? status : _machine.ConnectError;
        if (refused != Errno.OK)
        {
            // A target that is about to start, or to recover, says so, and it is tried again: nothing to worry about.
            LogLevel level = refused is Errno.ENODEV or Errno.EAGAIN ? LogLevel.Info : LogLevel.Warning;
            Node.Context.Log.Write(new(
                level, Options.DeviceName,
                $"{Options.TargetUuid} at {CurrentPeer} did not let us connect: {refused}"));
        }
        if (_machine.WentBackInTime)
            Node.Context.Log.Error(
                Options.DeviceName, $"{Options.TargetUuid} went back in time: it has lost committed transactions");
        Perform(actions);
    }

    void Apply(in ObdConnectData data)
    {
        _connectData = data;
        _lastReplySeconds = Node.Seconds;
        int wanted = Options.MaxModRpcsInFlight > 0 ? Options.MaxModRpcsInFlight : Node.Options.MaxModRpcsInFlight;
        _modSlots.Limit = _machine.Supports(ConnectFlags.MULTIMODRPCS) ? Math.Min(wanted, (int)data.MaxModifyRpcs) : 1;
    }

    /// <summary>Servers of other versions answer with more or less of the struct.</summary>
    static bool TryReadConnect(PtlrpcRequest request, out ObdConnectData data, out ConnectReply reply)
    {
        data = default;
        reply = default;
        ReadOnlySpan<byte> bytes = request.GetBytes(Rmf.ConnectData);
        // Up to and with the version, or it says nothing.
        if (bytes.Length < 2 * sizeof(ulong))
            return false;
        bytes[..Math.Min(bytes.Length, Unsafe.SizeOf<ObdConnectData>())]
            .CopyTo(MemoryMarshal.AsBytes(new Span<ObdConnectData>(ref data)));
        PtlrpcBodyV3 body = request.ReplyBody;
        if (request.Capsule.IsSwabbed(MessageSide.Reply))
            data = ObdConnectData.Swab(data);
        reply = new ConnectReply
        {
            OpFlags = body.OpFlags,
            Handle = body.Handle.Cookie,
            LastCommitted = body.LastCommitted,
            Flags = data.ConnectFlags,
            Flags2 = data.ConnectFlags.HasFlag(ConnectFlags.FLAGS2) ? data.ConnectFlags2 : 0,
            BrwSizeBytes = data.BrwSize,
            ChecksumTypes = (uint)data.ChecksumTypes,
            MaxModRpcs = data.MaxModifyRpcs,
            Version = data.Version,
        };
        return true;
    }

    async ValueTask SendDisconnectAsync()
    {
        using PtlrpcRequest request = NewRequest(RequestFormats.MdsDisconnect, Options.DisconnectOpcode);
        request.NoResend = true;
        request.SendState = ImportState.Connecting;
        request.TimeoutSeconds = Node.Options.InitialConnectTimeoutSeconds;
        await request.SendAsync(Node.Stopping);     // whatever it says: we are gone
    }

    async ValueTask GoIdleAsync()
    {
        await SendDisconnectAsync();
        ImportActions actions;
        using (_lock.Enter())
        {
            actions = _machine.IdleDisconnected(
                Volatile.Read(ref _requestCount) > 0, Node.Seconds, _replay.PeerCommitted);
            foreach (PtlrpcRequest request in _delayed)
                request.Generation = _machine.Generation;
        }
        Perform(actions);
    }

    async ValueTask PingAsync()
    {
        using PtlrpcRequest request = NewRequest(RequestFormats.ObdPing);
        request.NoResend = request.NoDelay = request.HighPriority = true;
        await request.SendAsync(Node.Stopping);
    }

    async ValueTask ReplayNextAsync()
    {
        PtlrpcRequest? request;
        uint connectCount;
        bool resent;
        using (_lock.Enter())
        {
            request = _replay.Next(_machine.LastReplayTransno, _machine.LastReplayXid);
            connectCount = _machine.ConnectCount;
            resent = _machine.TakeResendReplay();
            if (_machine.State != ImportState.Replay)
                return;
            request?.AddReference();
        }
        if (request is null)
        {
            // All of the list had been replayed before the connection broke.
            ImportActions next;
            using (_lock.Enter())
            {
                next = _machine.Replayed(
                    connectCount, _machine.LastReplayTransno, _machine.LastReplayXid, Errno.OK, Node.Seconds,
                    hasReplay: false);
            }
            Perform(next);
            return;
        }
        // Its answer is in, and LNet still has memory of its bulk, or of an earlier replay, or its caller completes
        // what a replay has to say: for a moment.
        while (!request.IsIdle && !Node.Stopping.IsCancellationRequested)
            await Task.Delay(s_idlePause, Node.Context.Clock, Node.Stopping);
        bool isStale;
        using (_lock.Enter())
            isStale = _machine.State != ImportState.Replay || _machine.ConnectCount != connectCount;
        if (isStale)
        {
            request.Release();
            return;
        }
        Errno status = await request.ReplayAsync(resent);
        // Any answer counts but those that say that the target did not take the request.
        bool isRefused = status is Errno.ENOTCONN or Errno.ENODEV or Errno.EOVERFLOW
            || status == Errno.ETIMEDOUT && request.Bulk is not null;      // its data did not get through
        if (request.ReplayAnswered && !isRefused)
        {
            request.ReplayCallback?.Invoke(request);
            status = Errno.OK;
        }
        ImportActions actions;
        using (_lock.Enter())
        {
            bool hasMore = _replay.Next(request.Transno, request.Xid) is not null;
            actions = _machine.Replayed(
                connectCount, request.Transno, request.Xid, status, Node.Seconds, hasMore);
        }
        request.EndReplay();
        request.Release();
        Perform(actions);
    }

    async ValueTask ReplayLocksAsync()
    {
        uint connectCount = ConnectCount;
        Errno status = await Node.Hooks.ReplayLocksAsync(this, Node.Stopping);
        ImportActions actions;
        using (_lock.Enter())
            actions = _machine.LocksReplayed(connectCount, status, Node.Seconds);
        Perform(actions);
    }

    async ValueTask SendReplayDoneAsync()
    {
        uint connectCount = ConnectCount;
        using PtlrpcRequest request = NewRequest(RequestFormats.ObdPing);
        request.NoDelay = true;
        request.SendState = ImportState.ReplayWait;
        request.Pack();
        request.RequestBody.Flags |= MsgFlags.LOCK_REPLAY_DONE | MsgFlags.REQ_REPLAY_DONE;
        Errno status = await request.SendAsync(Node.Stopping);
        ImportActions actions;
        using (_lock.Enter())
            actions = _machine.ReplayDoneAnswered(connectCount, status, Node.Seconds);
        Perform(actions);
    }

    uint ConnectCount
    {
        get
        {
            using (_lock.Enter())
                return _machine.ConnectCount;
        }
    }

    string CurrentPeer => _machine.Current?.Peer.Nid.ToString() ?? "nowhere";
}
