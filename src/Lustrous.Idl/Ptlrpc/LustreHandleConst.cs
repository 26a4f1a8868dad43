using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Ptlrpc;

/// <summary>Values of a handle that name nothing.</summary>
/// <remarks>Source: include/uapi/linux/lustre/lustre_idl.h.</remarks>
[WireName("")]
public static class LustreHandleConst
{
    public const ulong DEAD_HANDLE_MAGIC = 0xDEADBEEFCAFEBABE;
}
