using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Protocol.Abi;

/// <summary>
/// Attributes and pages of an inode are no longer to be believed (<c>struct fuse_notify_inval_inode_out</c>).
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseNotifyInvalInodeOut
{
    public const int WireSize = 24;

    public ulong NodeId;
    public long Offset;                  // negative: only attributes
    public long Length;                  // 0 or less: to the end
}
