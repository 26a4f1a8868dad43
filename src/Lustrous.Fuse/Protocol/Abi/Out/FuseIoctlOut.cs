using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>The data follows (<c>struct fuse_ioctl_out</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseIoctlOut
{
    public const int WireSize = 16;

    public int Result;                   // what ioctl(2) returns
    public uint Flags;
    public uint InVectors, OutVectors;
}
