using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary><c>struct fuse_access_in</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseAccessIn
{
    public const int WireSize = 8;

    public uint Mask;
    public uint Padding;
}
