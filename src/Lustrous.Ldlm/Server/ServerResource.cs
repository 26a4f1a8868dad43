using Lustrous.Idl.Ldlm;

namespace Lustrous.Ldlm.Server;

/// <summary>One thing that can be locked, at its server (<c>struct ldlm_resource</c>).</summary>
public sealed partial class ServerResource
{
    public LdlmResId Name { get; }

    public LockType Type { get; }

    public ServerNamespace Namespace { get; } = null!;

    /// <summary>The owner's own: what <see cref="ILdlmLvbOps"/> keeps (<c>lr_lvb_data</c>).</summary>
    public object? LvbData { get; set; }
}
