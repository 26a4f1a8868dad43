using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary><c>struct fuse_statx_out</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseStatxOut
{
    public const int WireSize = 288;

    public ulong AttrValid;              // seconds
    public uint AttrValidNsec;
    public uint Flags;
    public ulong Spare0, Spare1;
    public FuseStatx Stat;
}
