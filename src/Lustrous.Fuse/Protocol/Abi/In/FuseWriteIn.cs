using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>The data follows (<c>struct fuse_write_in</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseWriteIn
{
    public const int WireSize = 40;

    public ulong Handle, Offset;
    public uint Size;
    public FuseWriteFlags WriteFlags;
    public ulong LockOwner;
    public uint Flags;                   // of open(2)
    public uint Padding;
}
