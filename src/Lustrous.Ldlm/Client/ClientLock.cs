using Lustrous.Idl.Ldlm;

namespace Lustrous.Ldlm.Client;

/// <summary>One lock that this client holds or asks for (<c>struct ldlm_lock</c>).</summary>
public sealed partial class ClientLock
{
    /// <summary>Our handle, which the server names it by.</summary>
    public ulong Cookie { get; internal set; }

    /// <summary>The server's handle; what OBD_MD_FLHANDLE and cancels carry.</summary>
    public ulong RemoteHandle { get; internal set; }

    public ClientNamespace Namespace { get; internal set; } = null!;

    /// <summary>What is locked; an intent's answer may have changed it.</summary>
    public LdlmResId Resource { get; internal set; }

    public LockType Type { get; internal set; }

    public LockMode RequestedMode { get; internal set; }

    /// <summary>0 until granted.</summary>
    public LockMode GrantedMode { get; internal set; }

    public LdlmPolicyData Policy { get; internal set; }

    public LdlmExtent Extent => Policy.Extent;

    public InodeBits Bits => Policy.InodeBits.Bits;

    /// <summary>The inode or object it protects (<c>l_ast_data</c>); set by the owner.</summary>
    public object? Owner { get; set; }

    /// <summary>Somebody else wants it; it goes with its last reference (CBPENDING).</summary>
    public bool IsBlocked => false;

    /// <summary>Takes another reference; only while holding one.</summary>
    public void AddReference(LockMode mode) => throw new NotSupportedException();

    /// <summary>Gives a reference back; a lock that is wanted elsewhere then goes (<c>ldlm_lock_decref</c>).</summary>
    public void Release(LockMode mode) => throw new NotSupportedException();

    /// <summary>Gives a reference back and the lock with it, once nobody else uses it
    /// (<c>ldlm_lock_decref_and_cancel</c>).</summary>
    public void ReleaseAndCancel(LockMode mode) => throw new NotSupportedException();
}
