using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary><c>struct fuse_read_in</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseReadIn
{
    public const int WireSize = 40;

    /// <summary>For a program's own memory (<c>FUSE_READ_LOCKOWNER</c>). Without it the kernel fills its pages.
    /// </summary>
    public const uint ForProgram = 1 << 1;

    public ulong Handle;
    public ulong Offset;                 // of a directory: the cookie to go on from
    public uint Size;
    public uint ReadFlags;
    public ulong LockOwner;
    public uint Flags;                   // of open(2)
    public uint Padding;
}
