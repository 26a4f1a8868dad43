namespace Lustrous.Ldlm.Server;

/// <summary>
/// What a target does with an enqueue that has an intent (<c>ns_policy</c>): executes it, and decides which lock the
/// client gets. See <see cref="ServerEnqueue"/> for what it may do.
/// </summary>
/// <returns>
/// OK to go on as <see cref="ServerEnqueue.Outcome"/> says. Any other error is the reply's status; what an intent's
/// operation came to belongs into <see cref="ServerEnqueue.IntentStatus"/> instead.
/// </returns>
public delegate ValueTask<Errno> IntentPolicy(ServerEnqueue enqueue, CancellationToken cancel);

/// <summary>What becomes of the lock that was asked for along with an intent.</summary>
public enum IntentOutcome
{
    /// <summary>Enqueue it as if there were no intent.</summary>
    Enqueue,

    /// <summary>No lock: the reply's status is ELDLM_LOCK_ABORTED.</summary>
    Abort,

    /// <summary>The client gets another lock, already granted: the reply's flags say LOCK_CHANGED.</summary>
    Replace,
}
