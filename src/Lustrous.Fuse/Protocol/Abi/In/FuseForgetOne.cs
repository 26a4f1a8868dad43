using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>One line of a batch of forgets (<c>struct fuse_forget_one</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseForgetOne
{
    public const int WireSize = 16;

    public ulong NodeId;
    public ulong LookupCount;
}
