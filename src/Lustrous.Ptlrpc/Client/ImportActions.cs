namespace Lustrous.Ptlrpc.Client;

/// <summary>What an import must do after a step of its state machine, outside its lock; in the order of the
/// bits.</summary>
[Flags]
public enum ImportActions
{
    None = 0,

    /// <summary>Tell the owner that the connection is gone (<c>IMP_EVENT_DISCON</c>).</summary>
    NotifyDisconnected = 1 << 0,

    /// <summary>Requests of an older generation end with EIO (<c>ptlrpc_abort_inflight</c>).</summary>
    AbortOldGeneration = 1 << 1,

    /// <summary>Delayed requests that may not be sent again end with EIO.</summary>
    AbortNoResend = 1 << 2,

    /// <summary>Tell the owner that requests fail until further notice (<c>IMP_EVENT_INACTIVE</c>).</summary>
    NotifyInactive = 1 << 3,

    /// <summary>Say that we were evicted.</summary>
    NotifyEvicted = 1 << 4,

    /// <summary>
    /// Once no request is under way: let the owner throw away what it cached (<c>IMP_EVENT_INVALIDATE</c>), then
    /// <see cref="ImportMachine.Invalidated"/>.
    /// </summary>
    Invalidate = 1 << 5,

    /// <summary>Tell the owner what was negotiated (<c>IMP_EVENT_OCD</c>).</summary>
    NotifyConnectData = 1 << 6,

    /// <summary>Send the connect request to <see cref="ImportMachine.Current"/>.</summary>
    SendConnect = 1 << 7,

    /// <summary>Send the disconnect request.</summary>
    SendDisconnect = 1 << 8,

    /// <summary>Send the next request of the replay list.</summary>
    ReplayNext = 1 << 9,

    /// <summary>Let the lock manager replay its locks.</summary>
    ReplayLocks = 1 << 10,

    /// <summary>Send the ping that says all is replayed.</summary>
    SendReplayDone = 1 << 11,

    /// <summary>Send again what has had no reply.</summary>
    Resend = 1 << 12,

    /// <summary>Tell the owner that it works again (<c>IMP_EVENT_ACTIVE</c>).</summary>
    NotifyActive = 1 << 13,

    /// <summary>Send what had to wait for the connection.</summary>
    WakeDelayed = 1 << 14,

    /// <summary>The pinger looks at this import now.</summary>
    WakePinger = 1 << 15,

    /// <summary>Send an OBD_PING.</summary>
    Ping = 1 << 16,
}
