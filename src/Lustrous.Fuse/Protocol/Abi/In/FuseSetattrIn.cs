using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>Attributes to change: those that Valid names (<c>struct fuse_setattr_in</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseSetattrIn
{
    public const int WireSize = 88;

    public FuseSetattrValid Valid;
    public uint Padding;
    public ulong Handle, Size, LockOwner;
    public long Atime, Mtime, Ctime;     // seconds since 1970
    public uint AtimeNsec, MtimeNsec, CtimeNsec;
    public uint Mode;
    public uint Unused4;
    public uint Uid, Gid;
    public uint Unused5;
}
