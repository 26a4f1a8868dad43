using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>Attributes as statx(2) has them (<c>struct fuse_statx</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseStatx
{
    public const int WireSize = 256;

    public uint Mask;                    // which fields hold a value
    public uint BlockSize;
    public ulong Attributes;
    public uint Nlink, Uid, Gid;
    public ushort Mode;
    public ushort Spare0;
    public ulong Ino, Size, Blocks, AttributesMask;
    public FuseStatxTime Atime, Btime, Ctime, Mtime;
    public uint RdevMajor, RdevMinor, DevMajor, DevMinor;
    public FuseReserved14 Spare2;
}
