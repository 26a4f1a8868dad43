using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary><c>struct fuse_write_out</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseWriteOut
{
    public const int WireSize = 8;

    public uint Size;
    public uint Padding;
}
