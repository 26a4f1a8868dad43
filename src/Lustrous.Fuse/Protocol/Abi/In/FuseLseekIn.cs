using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>SEEK_DATA and SEEK_HOLE; the others the kernel does itself (<c>struct fuse_lseek_in</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseLseekIn
{
    public const int WireSize = 24;

    public ulong Handle, Offset;
    public uint Whence;                  // SEEK_DATA 3, SEEK_HOLE 4
    public uint Padding;
}
