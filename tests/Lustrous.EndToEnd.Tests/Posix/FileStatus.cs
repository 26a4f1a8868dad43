namespace Lustrous.EndToEnd.Tests.Posix;

/// <summary>What statx(2) tells; times in nanoseconds.</summary>
readonly record struct FileStatus(
    uint Mask, uint Nlink, uint Uid, uint Gid, uint Mode, ulong Ino, long Size, long Blocks, long Atime, long Btime,
    long Ctime, long Mtime)
{
    /// <summary>Mode without the type.</summary>
    public uint Permissions => Mode & 0xFFF;
}
