using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary><c>struct fuse_fsync_in</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseFsyncIn
{
    public const int WireSize = 16;

    public ulong Handle;
    public uint Flags;                   // 1: data only
    public uint Padding;
}
