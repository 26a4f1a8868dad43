namespace Lustrous.Target.Recovery;

/// <summary>How far a recovery is.</summary>
public enum RecoveryStage
{
    /// <summary>There was nobody to wait for.</summary>
    Inactive,

    /// <summary>Waits for the clients of the former life.</summary>
    Clients,

    /// <summary>They send again what the target may have lost, in the order of the transactions.</summary>
    Requests,

    /// <summary>They tell which locks they hold.</summary>
    Locks,

    /// <summary>It is over.</summary>
    Complete,
}
