using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary><c>struct fuse_lseek_out</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseLseekOut
{
    public const int WireSize = 8;

    public ulong Offset;
}
