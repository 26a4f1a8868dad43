using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>Attributes of an inode (<c>struct fuse_attr</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseAttr
{
    public const int WireSize = 88;

    public ulong Ino, Size;
    public ulong Blocks;                 // of 512 bytes
    public long Atime, Mtime, Ctime;     // seconds since 1970
    public uint AtimeNsec, MtimeNsec, CtimeNsec;
    public uint Mode, Nlink, Uid, Gid, Rdev;
    public uint BlockSize;               // preferred size of I/O, bytes
    public uint Flags;
}
