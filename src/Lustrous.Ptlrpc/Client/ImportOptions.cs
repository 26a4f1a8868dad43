using Lustrous.Idl.Ptlrpc;
using Lustrous.LNet;

namespace Lustrous.Ptlrpc.Client;

/// <summary>Which target an import is for, and as whom it connects.</summary>
public sealed record ImportOptions
{
    /// <summary>The client device: <c>lustre-OST0000-osc-ffff8800…</c>.</summary>
    public required string DeviceName { get; init; }

    /// <summary>The target: <c>lustre-OST0000_UUID</c>; at most 38 characters.</summary>
    public required string TargetUuid { get; init; }

    /// <summary>Us, to the target: it knows us again by it after its restart; at most 38 characters.</summary>
    public required string ClientUuid { get; init; }

    /// <summary>Where the target may run: its node, then the failover nodes.</summary>
    public required IReadOnlyList<LNetProcessId> Peers { get; init; }

    /// <summary>OST_CONNECT, MDS_CONNECT or MGS_CONNECT; the disconnect follows from it.</summary>
    public required uint ConnectOpcode { get; init; }

    public required uint RequestPortal { get; init; }

    public required uint ReplyPortal { get; init; }

    /// <summary>What is asked for. The version, and the first transno to replay, are filled in.</summary>
    public required ObdConnectData ConnectData { get; init; }

    /// <summary>Handle of ours that the target's callbacks carry.</summary>
    public ulong LocalHandle { get; init; }

    /// <summary>0 takes the node's.</summary>
    public int MaxRpcsInFlight { get; init; }

    /// <summary>0 takes the node's; the server may grant fewer.</summary>
    public int MaxModRpcsInFlight { get; init; }

    /// <summary>Silent for so long, it disconnects until it is needed again; 0 never (<c>idle_timeout</c>, 20 for
    /// OSTs).</summary>
    public int IdleTimeoutSeconds { get; init; }

    /// <summary>Hears of changes.</summary>
    public IImportOwner? Owner { get; init; }

    internal uint DisconnectOpcode => ConnectOpcode switch
    {
        (uint)OstOpcode.Connect => (uint)OstOpcode.Disconnect,
        (uint)MdsOpcode.Connect => (uint)MdsOpcode.Disconnect,
        _ => (uint)MgsOpcode.Disconnect,
    };
}

/// <summary>News of an import (<c>enum obd_import_event</c>).</summary>
public enum ImportEvent
{
    /// <summary>The connection is lost; requests wait.</summary>
    Disconnected,
    /// <summary>Requests fail until <see cref="Active"/>.</summary>
    Inactive,
    /// <summary>It works, first or again.</summary>
    Active,
    /// <summary>What the connection can do is settled; it may have changed.</summary>
    ConnectData,
    /// <summary>The target has forgotten us; <see cref="IImportOwner.InvalidateAsync"/> follows.</summary>
    Evicted,
}

/// <summary>Owns an import: a client device.</summary>
public interface IImportOwner
{
    /// <summary>Something has changed. Holds no lock; must not block.</summary>
    void OnImportEvent(Import import, ImportEvent what);

    /// <summary>Throws away what was cached of the target. No request is under way meanwhile.</summary>
    ValueTask InvalidateAsync(Import import);
}
