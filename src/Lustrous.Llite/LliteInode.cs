using Lustrous.Idl.Fids;

namespace Lustrous.Llite;

/// <summary>One file system object that the kernel or we know (<c>struct inode</c> with <c>struct
/// ll_inode_info</c>).</summary>
public sealed partial class LliteInode
{
    internal LliteInode(Fid fid, ulong nodeId)
    {
        Fid = fid;
        NodeId = nodeId;
    }

    public Fid Fid { get; }

    /// <summary>Names it to the kernel while it is known there; 1 is the root. Used again only after it was
    /// forgotten, with another <see cref="Generation"/>.</summary>
    public ulong NodeId { get; }

    /// <summary>Tells two inodes apart that had the same <see cref="NodeId"/>.</summary>
    public ulong Generation { get; internal init; }

    /// <summary>The FID in 64 bits.</summary>
    public ulong Ino => FidInode.Number(Fid);
}
