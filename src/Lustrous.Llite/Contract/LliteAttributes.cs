using Lustrous.Idl.Fids;

namespace Lustrous.Llite;

/// <summary>What stat(2) tells of one object. Times are seconds since 1970: Lustre has no finer ones.</summary>
public record struct LliteAttributes
{
    public Fid Fid;
    public uint Mode;               // type and permissions, as st_mode
    public uint Nlink;
    public uint Uid;
    public uint Gid;
    public uint Rdev;               // of a device, as the kernel's new_encode_dev
    public uint ProjectId;
    public uint Flags;              // FS_IOC_GETFLAGS
    public ulong Size;              // bytes
    public ulong Blocks;            // of 512 bytes
    public uint BlockSize;          // bytes: what I/O should come in
    public long Atime;
    public long Mtime;
    public long Ctime;
    public long Btime;

    /// <summary>Number of the inode: the FID in 64 bits (<c>cl_fid_build_ino</c>).</summary>
    public readonly ulong Ino => FidInode.Number(Fid);

    public readonly bool IsDirectory => FileType.IsDirectory(Mode);

    public readonly bool IsRegular => FileType.IsRegular(Mode);

    public readonly bool IsSymlink => FileType.IsSymlink(Mode);
}
