using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary><c>struct fuse_fallocate_in</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseFallocateIn
{
    public const int WireSize = 32;

    public ulong Handle, Offset, Length;
    public uint Mode;                    // of fallocate(2)
    public uint Padding;
}
