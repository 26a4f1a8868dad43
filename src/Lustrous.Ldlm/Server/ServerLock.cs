using Lustrous.Idl.Ldlm;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Ldlm.Server;

/// <summary>One lock at its server (<c>struct ldlm_lock</c>): a client's, or the server's own.</summary>
/// <remarks>Its resource's lock guards what changes, but for the links of its export's and the timers' lists.</remarks>
public sealed partial class ServerLock : ExtentNode<ServerLock>
{
    internal ServerLock(
        ServerResource resource, object? holder, LockMode mode, in LdlmPolicyData policy, ulong number)
    {
        Resource = resource;
        Holder = holder;
        RequestedMode = mode;
        Policy = policy;
        Number = number;
        if (resource.Type == LockType.Extent)
            RequestedExtent = policy.Extent;
    }

    /// <summary>Our handle, which the client names it by (<c>l_handle</c>).</summary>
    public ulong Cookie { get; internal set; }

    /// <summary>The client's handle, which we name it by (<c>l_remote_handle</c>); 0 for a local lock.</summary>
    public ulong RemoteHandle { get; internal set; }

    /// <summary>Whose it is; null for the server's own.</summary>
    public Export? Export => Holder as Export;

    /// <summary>The same, as far as decisions go.</summary>
    internal object? Holder { get; set; }

    public ServerResource Resource { get; }

    public LockMode RequestedMode { get; internal set; }

    /// <summary>0 until granted.</summary>
    public LockMode GrantedMode { get; internal set; }

    /// <summary>What it covers; changes when it is granted, and when bits are dropped.</summary>
    public LdlmPolicyData Policy { get; internal set; }

    /// <summary>What was asked for, before any expansion (<c>l_req_extent</c>).</summary>
    public LdlmExtent RequestedExtent { get; internal set; }

    public bool IsGranted => GrantedMode != 0;

    /// <summary>The holder has been, or is being, told to give it back (<c>LDLM_FL_AST_SENT</c>).</summary>
    public bool IsBlocked { get; internal set; }

    internal InodeBits Bits => Policy.InodeBits.Bits;

    internal ulong GroupId =>
        Resource.Type == LockType.Extent ? Policy.Extent.GroupId : Policy.InodeBits.GroupId;

    /// <summary>Flags that last: NO_EXPANSION, AST_DISCARD_DATA, CANCEL_ON_BLOCK, DISCARD_DATA …</summary>
    internal LockFlags Flags { get; set; }

    internal LockQueue Queue { get; set; }

    /// <summary>It is in no queue and never will be again.</summary>
    internal bool IsDestroyed { get; set; }

    /// <summary>What is in the way of: the lock whose description a blocking AST carries.</summary>
    internal ServerLock? Blocker { get; set; }

    /// <summary>Told when a local lock is granted or gone.</summary>
    internal TaskCompletionSource<Errno>? Completion { get; set; }

    /// <summary>Another lock of its owner covers what it covered: it is gone, but whoever waits for it has
    /// it.</summary>
    internal bool IsAbsorbed { get; set; }

    /// <summary>Of a file lock that waits: whose it is, for whom, and the next of that owner's; guarded by the lock of
    /// <see cref="FlockWaits"/>.</summary>
    internal FlockOwner? WaitsAs { get; set; }

    internal FlockOwner WaitsFor { get; set; }

    internal ServerLock? NextOfOwner { get; set; }

    internal ServerLock? NextInQueue { get; set; }

    internal ServerLock? PreviousInQueue { get; set; }

    /// <summary>Its place among the locks that are waited for; guarded by the timers' lock.</summary>
    internal LinkedListNode<ServerLock>? TimerNode { get; set; }

    /// <summary>Uptime at which its holder is evicted; guarded by the timers' lock.</summary>
    internal TimeSpan Deadline { get; set; }

    /// <summary>Whatever a test wants to remember of it.</summary>
    internal object? Tag { get; set; }

    /// <summary>Uptime when the blocking AST went.</summary>
    internal TimeSpan BlockedAt { get; set; }

    public override string ToString() =>
        $"{(IsGranted ? GrantedMode : RequestedMode)} {Resource.Name} lock 0x{Cookie:x} of "
        + (Export?.ToString() ?? "the server");
}

/// <summary>Where a lock stands.</summary>
enum LockQueue : byte
{
    None,
    Granted,
    Waiting,
}
