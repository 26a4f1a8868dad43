using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>The name follows (<c>struct fuse_mkdir_in</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseMkdirIn
{
    public const int WireSize = 8;

    public uint Mode, Umask;
}
