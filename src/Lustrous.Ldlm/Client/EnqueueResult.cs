using Lustrous.Idl.Ldlm;

namespace Lustrous.Ldlm.Client;

/// <summary>What became of an enqueue.</summary>
public readonly record struct EnqueueResult
{
    /// <summary>
    /// OK when the lock is granted or the server answered the intent without one; EWOULDBLOCK (EAGAIN) for
    /// BLOCK_NOWAIT; EIO after an eviction; EINTR; else the server's.
    /// </summary>
    public Errno Status { get; init; }

    /// <summary>Granted, with one reference of <see cref="ClientLock.GrantedMode"/>; null when the server gave
    /// none.</summary>
    public ClientLock? Lock { get; init; }

    /// <summary>The server answered without a lock (ELDLM_LOCK_ABORTED).</summary>
    public bool IsAborted { get; init; }

    /// <summary>What the intent did (<c>lock_policy_res1</c>).</summary>
    public Dispositions Dispositions { get; init; }

    /// <summary>What it came to (<c>lock_policy_res2</c>).</summary>
    public Errno IntentStatus { get; init; }
}
