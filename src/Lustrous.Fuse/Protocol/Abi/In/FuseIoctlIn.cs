using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>The data follows (<c>struct fuse_ioctl_in</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseIoctlIn
{
    public const int WireSize = 32;

    public ulong Handle;
    public FuseIoctlFlags Flags;
    public uint Command;
    public ulong Argument;               // as the caller gave it; not an address of ours
    public uint InSize, OutSize;
}
