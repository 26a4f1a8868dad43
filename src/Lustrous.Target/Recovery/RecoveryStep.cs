namespace Lustrous.Target.Recovery;

/// <summary>What is next in a recovery.</summary>
enum RecoveryStep
{
    /// <summary>Nothing until something comes, or time passes.</summary>
    Wait,

    /// <summary>This turn.</summary>
    Run,

    /// <summary>Give up those that have not come, or do nothing (<see cref="RecoveryMachine.IsLate"/>).</summary>
    Evict,

    /// <summary>Give up those whose replay has failed.</summary>
    EvictFailed,

    /// <summary>End it.</summary>
    Finish,
}
