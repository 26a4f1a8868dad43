using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary><c>struct fuse_copy_file_range_in</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseCopyFileRangeIn
{
    public const int WireSize = 56;

    public ulong HandleIn, OffsetIn, NodeIdOut, HandleOut, OffsetOut, Length, Flags;
}
