using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary>Connection policy asked with CONN_POLICY.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[Flags]
[WireName("")]
public enum ConnectPolicyFlags : uint
{
    BYPASS_SOFT_BLOCK = 0,
}
