using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>The name and the value follow (<c>struct fuse_setxattr_in</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseSetxattrIn
{
    public const int WireSize = 16;

    public uint Size;
    public uint Flags;                   // XATTR_CREATE 1, XATTR_REPLACE 2
    public uint SetxattrFlags;           // 1: also drop the set-group-id bit
    public uint Padding;
}
