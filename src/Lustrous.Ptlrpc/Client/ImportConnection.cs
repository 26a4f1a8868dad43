using Lustrous.LNet;

namespace Lustrous.Ptlrpc.Client;

/// <summary>One address at which an import's target may be found (<c>struct obd_import_conn</c>).</summary>
public sealed class ImportConnection(LNetProcessId peer)
{
    public LNetProcessId Peer { get; } = peer;

    /// <summary>Seconds of uptime of the latest attempt; 0 for never.</summary>
    public long LastAttempt { get; internal set; }

    public int Attempts { get; internal set; }

    /// <summary>Attempts that were answered.</summary>
    public int Replies { get; internal set; }
}
