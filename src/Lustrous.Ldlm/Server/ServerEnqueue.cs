using Lustrous.Idl.Ldlm;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Ldlm.Server;

/// <summary>
/// One LDLM_ENQUEUE while its intent is executed: what the client asked, and what it gets. The policy extends
/// the capsule's format, packs the reply with all of its fields (DLM_REP is filled by the lock manager afterwards), and
/// says what happens with the lock.
/// </summary>
public sealed class ServerEnqueue
{
    internal ServerEnqueue(ServerNamespace ns, ServerRequest request, ServerLock asked, LockFlags flags)
    {
        Namespace = ns;
        Request = request;
        Asked = asked;
        Flags = flags;
    }

    public ServerNamespace Namespace { get; }

    public ServerRequest Request { get; }

    public Export Export => Request.Export!;

    /// <summary>The lock the client asked for; not in its resource's queues yet.</summary>
    public ServerLock Asked { get; }

    /// <summary>Flags of the request (<c>lock_flags</c>).</summary>
    public LockFlags Flags { get; }

    /// <summary>The intent's operation; 0 where the flag came without an intent buffer (an OST's glimpse).</summary>
    public IntentOps Intent { get; internal set; }

    /// <summary>Mode that the client asked for; the policy may change it before an ordinary enqueue.</summary>
    public LockMode Mode
    {
        get => Asked.RequestedMode;
        set => Asked.RequestedMode = value;
    }

    public IntentOutcome Outcome { get; private set; } = IntentOutcome.Enqueue;

    /// <summary>What was executed (<c>lock_policy_res1</c>).</summary>
    public Dispositions Dispositions { get; set; }

    /// <summary>What it came to (<c>lock_policy_res2</c>, negated there).</summary>
    public Errno IntentStatus { get; set; }

    /// <summary>The lock of <see cref="IntentOutcome.Replace"/>.</summary>
    public ServerLock? Replacement { get; private set; }

    /// <summary>No lock comes with the reply.</summary>
    public void Abort()
    {
        Outcome = IntentOutcome.Abort;
        Replacement = null;
    }

    /// <summary>
    /// The client gets <paramref name="granted"/>, which the server took for itself with
    /// <see cref="ServerNamespace.EnqueueLocalAsync"/>: it belongs to the client from here on, and the policy must not
    /// release it (mdt_intent_lock_replace).
    /// </summary>
    public void Replace(ServerLock granted)
    {
        ArgumentNullException.ThrowIfNull(granted);
        Outcome = IntentOutcome.Replace;
        Replacement = granted;
    }
}
