using Lustrous.Idl.Ldlm;

namespace Lustrous.Ldlm.Server;

/// <summary>One thing that can be locked, at its server (<c>struct ldlm_resource</c>).</summary>
public sealed class ServerResource
{
    internal ServerResource(ServerNamespace ns, in LdlmResId name, LockType type, RankedLock stripe)
    {
        Namespace = ns;
        Name = name;
        Type = type;
        Lock = stripe;
        Queues = new LockQueues(type);
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
