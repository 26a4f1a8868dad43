using Lustrous.Idl.LNet;
using Lustrous.Idl.Ptlrpc;

namespace Lustrous.Ptlrpc.Client;

/// <summary>What <c>lctl get_param *.*.import</c> shows of an import, as of one moment.</summary>
public sealed record ImportInfo
{
    public required ImportState State { get; init; }

    /// <summary>The latest states, oldest first, in seconds of uptime.</summary>
    public required IReadOnlyList<(ImportState State, long At)> History { get; init; }

    public required ConnectFlags ConnectFlags { get; init; }

    public required ConnectFlags2 ConnectFlags2 { get; init; }

    public required bool IsReplayable { get; init; }

    public required bool IsInvalid { get; init; }

    public required bool IsDeactive { get; init; }

    public required IReadOnlyList<Nid> Addresses { get; init; }

    public required Nid CurrentAddress { get; init; }

    public required uint ConnectAttempts { get; init; }

    public required int Generation { get; init; }

    /// <summary>Sent and without an end yet.</summary>
    public required int InFlight { get; init; }

    /// <summary>Waiting for the connection or for a slot.</summary>
    public required int Waiting { get; init; }

    /// <summary>Kept for replay.</summary>
    public required int Replayable { get; init; }

    public required long Timeouts { get; init; }

    public required long Replies { get; init; }

    public required TimeSpan AverageWait { get; init; }

    public required ulong LastReplayTransno { get; init; }

    public required ulong PeerCommitted { get; init; }

    public required int NetLatencySeconds { get; init; }

    /// <summary>Request portals and the service time expected behind each.</summary>
    public required IReadOnlyList<(uint Portal, int Seconds)> ServiceEstimates { get; init; }
}

public sealed partial class Import
{
    /// <summary>A picture of it for parameters and tests.</summary>
    public ImportInfo GetInfo()
    {
        using (_lock.Enter())
        {
            return new ImportInfo
            {
                State = _machine.State,
                History = [.. _machine.History],
                ConnectFlags = _machine.Granted.Flags,
                ConnectFlags2 = _machine.Granted.Flags2,
                IsReplayable = _machine.IsReplayable,
                IsInvalid = _machine.IsInvalid,
                IsDeactive = _machine.IsDeactive,
                Addresses = [.. _machine.Connections.Select(connection => connection.Peer.Nid)],
                CurrentAddress = IsReverse ? _reversePeer.Nid : _machine.Current?.Peer.Nid ?? Nid.Any,
                ConnectAttempts = _machine.ConnectCount,
                Generation = _machine.Generation,
                InFlight = _sending.Count,
                Waiting = _delayed.Count + _slotWaiters.Count,
                Replayable = _replay.Count,
                Timeouts = _timeoutCount,
                Replies = _requestTotal,
                AverageWait = _requestTotal == 0 ? TimeSpan.Zero : new TimeSpan(_waitTicks / _requestTotal),
                LastReplayTransno = _machine.LastReplayTransno,
                PeerCommitted = _replay.PeerCommitted,
                NetLatencySeconds = _timeouts.LatencySeconds,
                ServiceEstimates =
                    [.. _timeouts.Portals.ToArray().Select(portal => (portal, _timeouts.Service(portal).Seconds))],
            };
        }
    }
}
