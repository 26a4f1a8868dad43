using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>The end of a submission: which slot of which queue (<c>struct fuse_uring_cmd_req</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseUringCommand
{
    public const int WireSize = 24;

    public ulong Flags;
    public ulong CommitId;
    public ushort QueueId;
    public ushort Padding0, Padding1, Padding2;
}
