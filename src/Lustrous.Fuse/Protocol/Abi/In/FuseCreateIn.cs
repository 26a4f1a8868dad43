using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>The name follows (<c>struct fuse_create_in</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseCreateIn
{
    public const int WireSize = 16;

    public uint Flags;                   // of open(2)
    public uint Mode, Umask;
    public uint OpenFlags;
}
