using Lustrous.Idl.Ptlrpc;
using Lustrous.Ptlrpc;

namespace Lustrous.Target;

/// <summary>What kind of target it is.</summary>
public enum TargetKind
{
    Mgs,
    Mdt,
    Ost,
}

/// <summary>What a target is.</summary>
public sealed record LuTargetOptions
{
    public required TargetKind Kind { get; init; }

    /// <summary><c>lustre-OST0000</c>; <c>MGS</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What clients connect to: <c>lustre-OST0000_UUID</c>; <c>MGS</c>.</summary>
    public string Uuid => Kind == TargetKind.Mgs ? Name : Name + "_UUID";

    /// <summary>Of an MDT or OST in its file system.</summary>
    public uint Index { get; init; }

    /// <summary>Number of this life (<c>ocd_instance</c>); 0 draws one.</summary>
    public uint Instance { get; init; }

    /// <summary>What it grants; null for what its kind supports (<see cref="TargetConnect"/>).</summary>
    public ObdConnectData? Supported { get; init; }

    /// <summary>Clients keep requests for replay, and the target remembers them (REPLAYABLE). Not the MGS.</summary>
    public bool IsReplayable { get; init; }

    public int PingEvictSeconds { get; init; } = 150;

    /// <summary>Of the node: how long clients take to come back follows from them.</summary>
    public PtlrpcOptions Timeouts { get; init; } = PtlrpcOptions.Default;

    /// <summary>How long clients of the former life are waited for (<c>recovery_time_soft</c>), as long as they do not
    /// go on with it; 0 for three times the node's timeout.</summary>
    public int RecoverySoftSeconds { get; init; }

    /// <summary>When a recovery is ended in any case (<c>recovery_time_hard</c>); 0 for nine times that.</summary>
    public int RecoveryHardSeconds { get; init; }

    /// <summary>Space that is never granted, in percent of what is free.</summary>
    public int ReservedPercent { get; init; }
}
