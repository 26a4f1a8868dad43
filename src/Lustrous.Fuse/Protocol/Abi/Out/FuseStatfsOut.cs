using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary><c>struct fuse_statfs_out</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseStatfsOut
{
    public const int WireSize = 80;

    public ulong Blocks, FreeBlocks, AvailableBlocks; // of FragmentSize bytes
    public ulong Files, FreeFiles;
    public uint BlockSize;
    public uint NameLength;
    public uint FragmentSize;
    public uint Padding;
    public ulong Spare0, Spare1, Spare2;
}
