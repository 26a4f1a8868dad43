using Lustrous.Ptlrpc.Server;

namespace Lustrous.Target.Recovery;

/// <summary>One client that takes part in a recovery; <see cref="RecoveryMachine"/> is what changes it.</summary>
sealed class RecoveryClient(Export export)
{
    public Export Export { get; } = export;

    /// <summary>Connected, and not gone since (<c>exp_in_recovery</c>).</summary>
    public bool IsIn { get; set; } = true;

    /// <summary>Has not said that it has replayed all its requests.</summary>
    public bool ReplaysRequests { get; set; } = true;

    /// <summary>Has not said that it has replayed all its locks.</summary>
    public bool ReplaysLocks { get; set; } = true;

    /// <summary>Its requests that wait for their turn, or are being executed.</summary>
    public int Queued { get; set; }

    /// <summary>A replay met an object in another version than it was made for: what it did later cannot be trusted
    /// (<c>exp_vbr_failed</c>).</summary>
    public bool HasFailed { get; set; }

    public bool HasFinished => IsIn && !ReplaysLocks;
}
