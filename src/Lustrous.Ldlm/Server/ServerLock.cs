using Lustrous.Idl.Ldlm;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Ldlm.Server;

/// <summary>One lock at its server (<c>struct ldlm_lock</c>): a client's, or the server's own.</summary>
public sealed partial class ServerLock
{
    /// <summary>Our handle, which the client names it by (<c>l_handle</c>).</summary>
    public ulong Cookie { get; internal set; }

    /// <summary>The client's handle, which we name it by (<c>l_remote_handle</c>); 0 for a local lock.</summary>
    public ulong RemoteHandle { get; internal set; }

    /// <summary>Whose it is; null for the server's own.</summary>
    public Export? Export { get; internal set; }

    public ServerResource Resource { get; internal set; } = null!;

    public LockMode RequestedMode { get; internal set; }

    /// <summary>0 until granted.</summary>
    public LockMode GrantedMode { get; internal set; }

    /// <summary>What it covers; changes while it waits, when it is granted, and when bits are dropped.</summary>
    public LdlmPolicyData Policy { get; internal set; }

    public bool IsGranted => GrantedMode != 0;
}
