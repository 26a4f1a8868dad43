namespace Lustrous.Ptlrpc.Client;

/// <summary>How an import stands with its target (<c>enum lustre_imp_state</c>).</summary>
public enum ImportState
{
    /// <summary>Disconnected for good.</summary>
    Closed = 1,
    /// <summary>Never connected.</summary>
    New = 2,
    /// <summary>Lost the connection; the pinger tries again.</summary>
    Disconnected = 3,
    /// <summary>A connect request (or a disconnect) is on its way.</summary>
    Connecting = 4,
    /// <summary>Sends again what the restarted target may have lost, in order of transno.</summary>
    Replay = 5,
    /// <summary>Tells it again which locks are held.</summary>
    ReplayLocks = 6,
    /// <summary>Has said that all is replayed, waits for recovery to end.</summary>
    ReplayWait = 7,
    /// <summary>Sends again what had no reply.</summary>
    Recover = 8,
    /// <summary>Connected.</summary>
    Full = 9,
    /// <summary>The target has forgotten us: everything cached is void.</summary>
    Evicted = 10,
    /// <summary>Disconnected because nobody needed it; connects again with the next request.</summary>
    Idle = 11,
}

public static class ImportStates
{
    /// <summary>The name <c>lctl get_param *.*.import</c> shows (<c>ptlrpc_import_state_name</c>).</summary>
    public static string Name(this ImportState state) => state switch
    {
        ImportState.Closed => "CLOSED",
        ImportState.New => "NEW",
        ImportState.Disconnected => "DISCONN",
        ImportState.Connecting => "CONNECTING",
        ImportState.Replay => "REPLAY",
        ImportState.ReplayLocks => "REPLAY_LOCKS",
        ImportState.ReplayWait => "REPLAY_WAIT",
        ImportState.Recover => "RECOVER",
        ImportState.Full => "FULL",
        ImportState.Evicted => "EVICTED",
        ImportState.Idle => "IDLE",
        _ => "<UNKNOWN>",
    };

    /// <summary>Between a successful connect and FULL.</summary>
    public static bool IsReplaying(this ImportState state) => state is >= ImportState.Replay and <= ImportState.Recover;
}
