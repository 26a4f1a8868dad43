using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>One descriptor of an open file is closed (<c>struct fuse_flush_in</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseFlushIn
{
    public const int WireSize = 24;

    public ulong Handle;
    public uint Unused;
    public uint Padding;
    public ulong LockOwner;
}
