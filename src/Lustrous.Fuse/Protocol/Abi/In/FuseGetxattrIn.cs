using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>The name follows; of a list nothing does (<c>struct fuse_getxattr_in</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseGetxattrIn
{
    public const int WireSize = 8;

    public uint Size;                    // room for the value; 0 asks only for its size
    public uint Padding;
}
