using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>What a slot of a ring says of its payload (<c>struct fuse_uring_ent_in_out</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseUringEntInOut
{
    public const int WireSize = 32;

    public ulong Flags;
    public ulong CommitId;               // names the request when its reply is committed
    public uint PayloadSize;
    public uint Padding;
    public ulong Reserved;
}
