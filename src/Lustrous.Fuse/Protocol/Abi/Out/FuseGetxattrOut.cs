using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>The size of a value or list (<c>struct fuse_getxattr_out</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseGetxattrOut
{
    public const int WireSize = 8;

    public uint Size;
    public uint Padding;
}
