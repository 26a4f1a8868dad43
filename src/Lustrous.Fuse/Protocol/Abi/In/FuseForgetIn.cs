using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>The kernel drops references to an inode; there is no reply (<c>struct fuse_forget_in</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseForgetIn
{
    public const int WireSize = 8;

    public ulong LookupCount;            // how many of the lookups answered before
}
