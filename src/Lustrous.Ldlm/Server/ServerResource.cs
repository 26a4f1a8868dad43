using Lustrous.Idl.Ldlm;

namespace Lustrous.Ldlm.Server;

/// <summary>One thing that can be locked, at its server (<c>struct ldlm_resource</c>).</summary>
public sealed class ServerResource
{
    /// <param name="ns">Where it is.</param>
    /// <param name="name">Which.</param>
    /// <param name="type">The policy.</param>
    /// <param name="stripe">Guards it.</param>
    /// <param name="flocks">Waits for file locks of all resources.</param>
    internal ServerResource(
        ServerNamespace ns, in LdlmResId name, LockType type, RankedLock stripe, FlockWaits flocks)
    {
        Namespace = ns;
        Name = name;
        Type = type;
        Lock = stripe;
        Queues = new LockQueues(type, flocks);
    }

    public LdlmResId Name { get; }

    public LockType Type { get; }

    public ServerNamespace Namespace { get; }

    /// <summary>The owner's own: what <see cref="ILdlmLvbOps"/> keeps (<c>lr_lvb_data</c>).</summary>
    public object? LvbData { get; set; }

    /// <summary>Guards the decisions; shared with the resources that hash alike, of which nobody holds two.</summary>
    internal RankedLock Lock { get; }

    /// <summary>Guarded by <see cref="Lock"/>.</summary>
    internal LockQueues Queues { get; }

    /// <summary>Locks that exist, in a queue or on their way there, and others who look at it; guarded by
    /// <see cref="Lock"/>.</summary>
    internal int Users { get; set; }

    /// <summary>It has left the table; whoever found it before looks again. Guarded by <see cref="Lock"/>.</summary>
    internal bool IsDead { get; set; }

    internal bool IsLvbReady { get; set; }
}
