using Lustrous.Idl.Fids;

namespace Lustrous.Llite;

/// <summary>Inode numbers made of FIDs.</summary>
/// <remarks>Source: fid_flatten in lustre/include/lustre_fid.h; cl_fid_build_ino in lustre/llite.</remarks>
public static class FidInode
{
    /// <summary>64 bits that differ for all FIDs a file system is likely to have.</summary>
    public static ulong Number(in Fid fid) => fid.IsIgif
        ? fid.Sequence
        : (fid.Sequence << 24) + ((fid.Sequence >> 24) & 0xFF_FFFF_0000) + fid.ObjectId;
}
