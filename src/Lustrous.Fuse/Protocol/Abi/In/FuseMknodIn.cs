using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>The name follows (<c>struct fuse_mknod_in</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseMknodIn
{
    public const int WireSize = 16;

    public uint Mode, Rdev, Umask;
    public uint Padding;
}
