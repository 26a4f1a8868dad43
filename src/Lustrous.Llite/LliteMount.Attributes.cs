namespace Lustrous.Llite;

// Attributes, permissions, links.
public sealed partial class LliteMount
{
    /// <summary>stat(2).</summary>
    public ValueTask<Result<LliteStat>> GetattrAsync(
        LliteInode inode, LliteFile? file, Credentials caller, CancellationToken cancel) =>
        new(Errno.ENOSYS);

    /// <summary>chmod, chown, truncate, utimes.</summary>
    public ValueTask<Result<LliteStat>> SetattrAsync(
        LliteInode inode, LliteFile? file, LliteSetattr change, Credentials caller, CancellationToken cancel) =>
        new(Errno.ENOSYS);

    /// <summary>Whether the caller may read (4), write (2), execute (1); EACCES, EROFS.</summary>
    public ValueTask<Errno> AccessAsync(
        LliteInode inode, uint mask, Credentials caller, CancellationToken cancel) =>
        new(Errno.ENOSYS);

    /// <summary>Target of a symbolic link, without a final zero.</summary>
    public ValueTask<Result<ReadOnlyMemory<byte>>> ReadlinkAsync(
        LliteInode inode, Credentials caller, CancellationToken cancel) =>
        new(Errno.ENOSYS);
}
