using Lustrous.Idl.Ldlm;

namespace Lustrous.Ldlm.Client;

/// <summary>A lock to be asked for (<c>struct ldlm_enqueue_info</c>).</summary>
public readonly record struct LockRequest
{
    public required LdlmResId Resource { get; init; }

    public required LockType Type { get; init; }

    public required LockMode Mode { get; init; }

    /// <summary>How much of it; see <see cref="LockPolicies"/>.</summary>
    public LdlmPolicyData Policy { get; init; }

    /// <summary>HAS_INTENT is set by itself for a request whose format has an intent buffer; BLOCK_NOWAIT,
    /// NO_EXPANSION, TEST_LOCK, SPECULATIVE and the like are the caller's.</summary>
    public LockFlags Flags { get; init; }

    /// <summary>Who is told what becomes of the lock.</summary>
    public required ILockCallbacks Callbacks { get; init; }

    /// <summary>Becomes <see cref="ClientLock.Owner"/>.</summary>
    public object? Owner { get; init; }
}
