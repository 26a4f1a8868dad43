using Lustrous.Idl.Ptlrpc;

namespace Lustrous.Ptlrpc.Client;

// Connecting, and what an answer to it means.
public sealed partial class ImportMachine
{
    /// <summary>
    /// Tries to connect, first or again (<c>ptlrpc_connect_import</c>). EALREADY while an attempt runs or when
    /// connected; EINVAL when closed or without any address.
    /// </summary>
    /// <param name="now">Seconds of uptime.</param>
    /// <param name="committed">Last transno the target has reported as committed.</param>
    /// <param name="actions">What to do.</param>
    public Errno Connect(long now, ulong committed, out ImportActions actions)
    {
        actions = ImportActions.None;
        if (State == ImportState.Closed || _connections.Count == 0 || IsReverse)
            return Errno.EINVAL;
        if (State is ImportState.Full or ImportState.Connecting or ImportState.Evicted || _invalidating)
            return Errno.EALREADY;

        Transition(ImportState.Connecting, now);
        ConnectCount++;
        _resendReplay = false;
        _initialConnect = RemoteHandle == 0;
        _committedBefore = committed;
        if (_initialConnect)
            IsReplayable = true;
        SelectConnection(now);
        actions = ImportActions.SendConnect;
        return Errno.OK;
    }

    /// <summary>A request came while the import was idle: connect for it (<c>ptlrpc_reconnect_if_idle</c>).</summary>
    public ImportActions WakeFromIdle(long now, ulong committed)
    {
        if (State != ImportState.Idle)
            return ImportActions.None;
        Generation++;
        InitiatedAt = Generation;
        Transition(ImportState.New, now);
        Connect(now, committed, out ImportActions actions);
        return actions;
    }

    /// <summary>The connect request was answered. <see cref="ConnectError"/> says what came of it.</summary>
    /// <param name="connectCount">The attempt's number; news of an older one is ignored.</param>
    /// <param name="reply">The answer's contents, not yet checked.</param>
    /// <param name="now">Seconds of uptime.</param>
    /// <param name="hasReplay">Whether anything is there to be replayed.</param>
    public ImportActions ConnectReplied(uint connectCount, in ConnectReply reply, long now, bool hasReplay)
    {
        if (connectCount != ConnectCount || State != ImportState.Connecting)
            return ImportActions.None;
        ConnectTried = true;
        _forceReconnect = false;
        _forceVerify = false;
        Current!.Replies++;
        Errno refused = Check(reply);
        if (refused != Errno.OK)
            return Refused(refused, now, isFinal: true);

        ConnectError = Errno.OK;
        Granted = reply;
        IsPingable = true;
        _timeouts.NetLatency.Reset(0, now);
        _connections.Remove(Current);
        _connections.Insert(0, Current);
        _lastSuccess = Current.LastAttempt;
        ImportActions actions = ImportActions.NotifyConnectData;
        WentBackInTime = !_initialConnect && reply.LastCommitted > 0 && reply.LastCommitted < _committedBefore;
        Errno error = _initialConnect ? FirstConnect(reply, now) : Reconnect(reply, now);
        if (error != Errno.OK)
            return actions | Refused(error, now, isFinal: false);
        return actions | Step(now, hasReplay);
    }

    /// <summary>No answer to the connect request, or an error for an answer.</summary>
    public ImportActions ConnectFailed(uint connectCount, Errno error, long now)
    {
        if (connectCount != ConnectCount || State != ImportState.Connecting)
            return ImportActions.None;
        // A busy target is asked again at the same address.
        _forceReconnect = error is Errno.EBUSY or Errno.EAGAIN;
        return Refused(error, now, isFinal: false) | ImportActions.AbortNoResend;
    }

    /// <summary>Refuses what no server may answer (<c>ptlrpc_connect_interpret</c>,
    /// <c>ptlrpc_connect_set_flags</c>).</summary>
    Errno Check(in ConnectReply reply)
    {
        // A bit that was not asked means that the two sides would read each other's messages differently.
        if ((reply.Flags & ~AskedFlags) != 0 || (reply.Flags2 & ~AskedFlags2) != 0)
            return Errno.EPROTO;
        if (reply.Flags.HasFlag(ConnectFlags.CKSUM) && (reply.ChecksumTypes & SupportedChecksums) == 0)
            return Errno.EPROTO;
        if (reply.Flags.HasFlag(ConnectFlags.BRW_SIZE) && reply.BrwSizeBytes < BufferPool.PageSize)
            return Errno.EPROTO;
        if (reply.Flags.HasFlag(ConnectFlags.MULTIMODRPCS) && reply.MaxModRpcs == 0)
            return Errno.EPROTO;
        return reply.Handle == 0 && _initialConnect ? Errno.EPROTO : Errno.OK;
    }

    Errno FirstConnect(in ConnectReply reply, long now)
    {
        IsReplayable = reply.OpFlags.HasFlag(MsgConnectFlags.REPLAYABLE);
        RemoteHandle = reply.Handle;
        _noCachedData = true;
        // Others are being recovered: nothing to replay, but the target must hear that from us before it serves us.
        if (reply.OpFlags.HasFlag(MsgConnectFlags.RECOVERING))
            Transition(ImportState.ReplayLocks, now);
        else
            Activate(now);
        return Errno.OK;
    }

    Errno Reconnect(in ConnectReply reply, long now)
    {
        bool recovering = reply.OpFlags.HasFlag(MsgConnectFlags.RECOVERING);
        if (reply.OpFlags.HasFlag(MsgConnectFlags.RECONNECT))
        {
            if (reply.Handle == 0)
                return Errno.ENOTCONN;
            bool changed = reply.Handle != RemoteHandle;
            RemoteHandle = reply.Handle;
            // The target made us a new export although it is not recovering: the old one, and our state, are gone.
            if ((changed && !recovering) || IsInvalid)
            {
                Transition(ImportState.Evicted, now);
            }
            else if (changed)
            {
                // A life of the target that took us in once already, but we never heard of it: it has none of our
                // replays yet.
                (LastReplayTransno, LastReplayXid) = (0, 0);
                Transition(ImportState.Replay, now);
            }
            else if (recovering)
            {
                _resendReplay = true;
                Transition(_replayState, now);
            }
            else
            {
                Transition(ImportState.Recover, now);
            }
            return Errno.OK;
        }
        RemoteHandle = reply.Handle;
        if (recovering && !IsInvalid)
        {
            (LastReplayTransno, LastReplayXid) = (0, 0);
            Transition(ImportState.Replay, now);
        }
        else if (reply.Flags.HasFlag(ConnectFlags.LIGHTWEIGHT) && !IsInvalid)
        {
            Transition(ImportState.Recover, now);
        }
        else if (_noCachedData)
        {
            Activate(now);
        }
        else
        {
            Transition(ImportState.Evicted, now);
        }
        return reply.Handle == 0 ? Errno.ENOTCONN : Errno.OK;
    }

    ImportActions Refused(Errno error, long now, bool isFinal)
    {
        ConnectError = error;
        ConnectTried = true;
        Transition(ImportState.Disconnected, now);
        bool isBetweenServers =
            (AskedFlags & (ConnectFlags.LIGHTWEIGHT | ConnectFlags.MDS_MDS | ConnectFlags.MDS)) != 0;
        if (isFinal)
        {
            IsDeactive = true;
            ImportActions actions = Deactivate() | ImportActions.NotifyInactive;
            Transition(ImportState.Closed, now);
            return actions;
        }
        if (error is Errno.EACCES or Errno.EROFS && !isBetweenServers)
        {
            // No permission: only the administrator can change that.
            IsDeactive = true;
            return Deactivate() | ImportActions.NotifyInactive;
        }
        if (error is Errno.EACCES or Errno.EROFS)
            _forceReconnect = true;

        long next = Current is null ? now : Current.LastAttempt + _options.InitialConnectTimeoutSeconds;
        if (error is Errno.ENODEV or Errno.ETIMEDOUT && HasUntriedConnection(now))
        {
            _forceVerify = true;
            return ImportActions.WakePinger;
        }
        if (NextPing <= now || NextPing > next)
            NextPing = Math.Max(now, next) + 1;
        return ImportActions.WakePinger;
    }

    bool HasUntriedConnection(long now)
    {
        long before = now - _options.InitialConnectTimeoutSeconds;
        return _connections.Exists(connection => connection.LastAttempt == 0 || connection.LastAttempt <= before);
    }

    /// <summary>The address not tried for longest, and longer waits once all have been tried
    /// (<c>import_select_connection</c>).</summary>
    void SelectConnection(long now)
    {
        ImportConnection chosen = Current ?? _connections[0];
        if (!_forceReconnect || Current is null)
        {
            ImportConnection? untried = _connections.Find(
                connection => connection.LastAttempt == 0 || connection.LastAttempt <= _lastSuccess);
            chosen = untried ?? _connections.MinBy(connection => connection.LastAttempt)!;
            AdaptiveTimeout latency = _timeouts.NetLatency;
            if (untried is not null)
            {
                if (latency.Seconds > _options.ConnectionSwitchMinSeconds)
                    latency.Override(_options.ConnectionSwitchMinSeconds, now);
            }
            else if (chosen == _connections[0] && latency.Seconds < _options.ConnectionSwitchMaxSeconds)
            {
                latency.Measure(latency.Seconds + _options.ConnectionSwitchIncSeconds, now);
                if (latency.Seconds > _options.ConnectionSwitchMaxSeconds)
                    latency.Override(_options.ConnectionSwitchMaxSeconds, now);
            }
        }
        chosen.LastAttempt = Math.Max(now, 1);      // 0 says never
        chosen.Attempts++;
        Current = chosen;
    }
}
