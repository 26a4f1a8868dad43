using Lustrous.Idl.Ldlm;

namespace Lustrous.Ldlm.Client;

/// <summary>One lock that this client holds or asks for (<c>struct ldlm_lock</c>).</summary>
/// <remarks>Its resource's lock guards what changes; <see cref="Enter"/> takes it.</remarks>
public sealed partial class ClientLock : ExtentNode<ClientLock>
{
    ClientResource _resource;

    internal ClientLock(ClientResource resource, in LockRequest ask, ulong cookie)
    {
        _resource = resource;
        Cookie = cookie;
        Number = cookie;
        RequestedMode = ask.Mode;
        Policy = ask.Policy;
        Callbacks = ask.Callbacks;
        Owner = ask.Owner;
        Count(ask.Mode, 1);
    }

    /// <summary>Our handle, which the server names it by.</summary>
    public ulong Cookie { get; }

    /// <summary>The server's handle; what OBD_MD_FLHANDLE and cancels carry.</summary>
    public ulong RemoteHandle { get; internal set; }

    public ClientNamespace Namespace => _resource.Namespace;

    /// <summary>What is locked; an intent's answer may have changed it.</summary>
    public LdlmResId Resource => _resource.Name;

    public LockType Type => _resource.Type;

    public LockMode RequestedMode { get; internal set; }

    /// <summary>0 until granted.</summary>
    public LockMode GrantedMode { get; internal set; }

    public LdlmPolicyData Policy { get; internal set; }

    public LdlmExtent Extent => Policy.Extent;

    public InodeBits Bits => Policy.InodeBits.Bits;

    /// <summary>The inode or object it protects (<c>l_ast_data</c>); set by the owner.</summary>
    public object? Owner { get; set; }

    /// <summary>Somebody else wants it; it goes with its last reference (CBPENDING).</summary>
    public bool IsBlocked { get; internal set; }

    /// <summary>Granted, not on its way out, and the server knows of it.</summary>
    public bool IsValid => State == ClientLockState.Granted && !IsFailed;

    /// <summary>Takes another reference; only while holding one.</summary>
    public void AddReference(LockMode mode)
    {
        using (Enter())
            Count(mode, 1);
    }

    /// <summary>Gives a reference back; a lock that is wanted elsewhere then goes (<c>ldlm_lock_decref</c>).</summary>
    public void Release(LockMode mode) => Namespace.Release(this, mode, andCancel: false);

    /// <summary>Gives a reference back and the lock with it, once nobody else uses it
    /// (<c>ldlm_lock_decref_and_cancel</c>).</summary>
    public void ReleaseAndCancel(LockMode mode) => Namespace.Release(this, mode, andCancel: true);

    public override string ToString() =>
        $"{(GrantedMode != 0 ? GrantedMode : RequestedMode)} {Resource} lock 0x{Cookie:x} ({State})";

    /// <summary>Enters the lock of its resource, which may change until the lock is granted.</summary>
    internal RankedLock.Scope Enter()
    {
        while (true)
        {
            ClientResource resource = Volatile.Read(ref _resource);
            RankedLock.Scope scope = resource.Lock.Enter();
            if (ReferenceEquals(resource, _resource))
                return scope;
            scope.Dispose();
        }
    }

    /// <summary>Moves it to another resource, as the last thing under the lock of the old one.</summary>
    internal void MoveTo(ClientResource other) => Volatile.Write(ref _resource, other);

    internal ClientResource InResource => _resource;
}
