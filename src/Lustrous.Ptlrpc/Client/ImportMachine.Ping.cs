using Lustrous.Idl.Ptlrpc;

namespace Lustrous.Ptlrpc.Client;

// The pinger's view, and disconnecting on purpose.
public sealed partial class ImportMachine
{
    bool _forceVerify;      // IMPF_FORCE_VERIFY: do not wait for the next ping
    bool _idleDisconnect;   // the disconnect under way leads to IDLE

    /// <summary>When the pinger looks next; seconds of uptime.</summary>
    public long NextPing { get; private set; }

    /// <summary>The pinger is wanted at once.</summary>
    public bool IsPingForced => _forceVerify && !IsDeactive && State is ImportState.Disconnected or ImportState.Full;

    public bool IsPingable { get; private set; }

    /// <summary>Pings when due, reconnects when disconnected (<c>ptlrpc_pinger_process_import</c>).</summary>
    /// <param name="now">Seconds of uptime.</param>
    /// <param name="canIdle">Nothing under way or cached, and silent for the idle time.</param>
    /// <param name="committed">Last transno the target has reported as committed.</param>
    public ImportActions Pinger(long now, bool canIdle, ulong committed)
    {
        bool force = _forceVerify;
        _forceVerify = false;
        if (NextPing > now && !force)
            return ImportActions.None;
        if (State == ImportState.Disconnected && !IsDeactive)
        {
            NextPing = now + _options.InitialConnectTimeoutSeconds;
            Connect(now, committed, out ImportActions actions);
            return actions;
        }
        // Pings go on however few requests there are, unless the administrator promised that nobody listens for them.
        NextPing = now + _options.PingIntervalSeconds;
        if (State != ImportState.Full || IsDeactive || !(IsPingable || force))
        {
            _forceVerify = force && State != ImportState.Full && State != ImportState.Closed;
            return ImportActions.None;
        }
        if (canIdle)
            return BeginIdle(now);
        return ImportActions.Ping;
    }

    /// <summary>A request has left: it says that we are alive as well as a ping does.</summary>
    public void Sent(long now, bool isCommitExpected) => NextPing =
        now + (isCommitExpected ? _options.ShortPingIntervalSeconds : _options.PingIntervalSeconds);

    /// <summary>Disconnects for good; SendDisconnect only when there is a connection.</summary>
    public ImportActions BeginClose(long now)
    {
        if (State != ImportState.Full || IsReverse)
            return EndClose(now);
        Transition(ImportState.Connecting, now);
        ConnectCount++;         // an answer to anything older no longer changes the state
        _idleDisconnect = false;
        return ImportActions.SendDisconnect;
    }

    /// <summary>The disconnect was answered or given up, or none was needed.</summary>
    public ImportActions EndClose(long now)
    {
        if (State == ImportState.Closed)
            return ImportActions.None;
        Transition(ImportState.Closed, now);
        RemoteHandle = 0;
        Generation++;
        return ImportActions.NotifyDisconnected | ImportActions.AbortOldGeneration | ImportActions.NotifyInactive;
    }

    /// <summary>The answer to an idle disconnect (<c>ptlrpc_disconnect_idle_interpret</c>).</summary>
    /// <param name="hasRequests">Requests have come meanwhile and wait: connect again at once.</param>
    /// <param name="now">Seconds of uptime.</param>
    /// <param name="committed">Last transno the target has reported as committed.</param>
    public ImportActions IdleDisconnected(bool hasRequests, long now, ulong committed)
    {
        if (State != ImportState.Connecting || !_idleDisconnect)
            return ImportActions.None;
        _idleDisconnect = false;
        RemoteHandle = 0;
        Transition(ImportState.Idle, now);
        return hasRequests ? WakeFromIdle(now, committed) : ImportActions.None;
    }

    ImportActions BeginIdle(long now)
    {
        Transition(ImportState.Connecting, now);
        WasIdle = true;
        _idleDisconnect = true;
        return ImportActions.SendDisconnect;
    }

    /// <summary>Whether the disconnect under way leads to IDLE.</summary>
    public bool IsGoingIdle => _idleDisconnect && State == ImportState.Connecting;

    /// <summary>What was negotiated; asked of the connection, never of a version.</summary>
    public bool Supports(ConnectFlags flags) => (Granted.Flags & flags) == flags;

    public bool Supports(ConnectFlags2 flags) => (Granted.Flags2 & flags) == flags;
}
