using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary><c>struct fuse_open_in</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseOpenIn
{
    public const int WireSize = 8;

    public uint Flags;                   // of open(2)
    public uint OpenFlags;               // 1: also drop set-id bits (FUSE_OPEN_KILL_SUIDGID)
}
