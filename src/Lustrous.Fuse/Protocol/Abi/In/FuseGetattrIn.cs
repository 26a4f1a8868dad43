using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary><c>struct fuse_getattr_in</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseGetattrIn
{
    public const int WireSize = 16;

    public uint Flags;                   // 1: Handle is valid
    public uint Padding;
    public ulong Handle;
}
