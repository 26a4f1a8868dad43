namespace Lustrous.Target.Recovery;

/// <summary>What becomes of a request that comes while a target recovers.</summary>
enum RecoveryVerdict
{
    /// <summary>Handled at once, beside what is replayed.</summary>
    Run,

    /// <summary>Waits for its turn.</summary>
    Wait,

    /// <summary>It waits already; this one gets no answer.</summary>
    Drop,

    /// <summary>Its client does not take part.</summary>
    Refuse,
}
