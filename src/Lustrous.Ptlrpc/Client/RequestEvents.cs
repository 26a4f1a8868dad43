namespace Lustrous.Ptlrpc.Client;

/// <summary>What has happened to a request since it was last looked at; one bit each, so that nothing piles
/// up.</summary>
[Flags]
enum RequestEvents
{
    None = 0,
    Start = 1 << 0,
    /// <summary>A slot, or the connection, may be there now.</summary>
    Wake = 1 << 1,
    /// <summary>The request buffer is ours again.</summary>
    RequestOut = 1 << 2,
    /// <summary>The request or the bulk did not get through.</summary>
    NetError = 1 << 3,
    ReplyArrived = 1 << 4,
    EarlyReply = 1 << 5,
    ReplyUnlinked = 1 << 6,
    BulkEnded = 1 << 7,
    /// <summary>The deadline has passed.</summary>
    Due = 1 << 8,
    /// <summary>The import has recovered: what has no reply goes again.</summary>
    Resend = 1 << 9,
    /// <summary>The import's generation is over.</summary>
    Abort = 1 << 10,
    Cancel = 1 << 11,
    /// <summary>The target could not be reached: who waits and may not be sent again ends.</summary>
    ConnectFailed = 1 << 12,
    /// <summary>Some thread is looking; it will see the bits that others set.</summary>
    Running = 1 << 30,
}

/// <summary>How far a request is (<c>enum rq_phase</c>).</summary>
enum RequestPhase
{
    New,
    /// <summary>For a slot, the connection, or a moment.</summary>
    Waiting,
    Sent,
    /// <summary>Has to be sent again, once nothing of the last attempt is at LNet any more.</summary>
    Again,
    /// <summary>The reply is in, the bulk is not.</summary>
    Bulk,
    /// <summary>The status is settled, but LNet still has our memory.</summary>
    Ending,
    Done,
}
