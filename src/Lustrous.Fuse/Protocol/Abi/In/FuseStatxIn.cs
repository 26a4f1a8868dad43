using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary><c>struct fuse_statx_in</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseStatxIn
{
    public const int WireSize = 24;

    public uint GetattrFlags;            // 1: Handle is valid
    public uint Reserved;
    public ulong Handle;
    public uint StatxFlags, Mask;        // of statx(2)
}
