namespace Lustrous.Llite;

// Names: what leads to what.
public sealed partial class LliteMount
{
    /// <summary>What a name leads to; ENOENT, ENOTDIR, EACCES, ENAMETOOLONG.</summary>
    public ValueTask<Result<LliteEntry>> LookupAsync(
        LliteInode parent, ReadOnlySpan<byte> name, Credentials caller, CancellationToken cancel) =>
        new(Errno.ENOSYS);

    /// <summary>Makes a directory.</summary>
    public ValueTask<Result<LliteEntry>> MkdirAsync(
        LliteInode parent, ReadOnlySpan<byte> name, uint mode, Credentials caller, CancellationToken cancel) =>
        new(Errno.ENOSYS);

    /// <summary>Makes a device, FIFO, socket or regular file without opening it.</summary>
    public ValueTask<Result<LliteEntry>> MknodAsync(
        LliteInode parent, ReadOnlySpan<byte> name, uint mode, uint rdev, Credentials caller,
        CancellationToken cancel) =>
        new(Errno.ENOSYS);

    /// <summary>Makes a symbolic link.</summary>
    public ValueTask<Result<LliteEntry>> SymlinkAsync(
        LliteInode parent, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target, Credentials caller,
        CancellationToken cancel) =>
        new(Errno.ENOSYS);

    /// <summary>Gives a file another name.</summary>
    public ValueTask<Result<LliteEntry>> LinkAsync(
        LliteInode inode, LliteInode newParent, ReadOnlySpan<byte> newName, Credentials caller,
        CancellationToken cancel) =>
        new(Errno.ENOSYS);

    /// <summary>Takes a name away; a file without names lives until its last close.</summary>
    public ValueTask<Errno> UnlinkAsync(
        LliteInode parent, ReadOnlySpan<byte> name, Credentials caller, CancellationToken cancel) =>
        new(Errno.ENOSYS);

    /// <summary>Removes an empty directory.</summary>
    public ValueTask<Errno> RmdirAsync(
        LliteInode parent, ReadOnlySpan<byte> name, Credentials caller, CancellationToken cancel) =>
        new(Errno.ENOSYS);

    /// <summary>Renames; flags are renameat2's, of which RENAME_NOREPLACE alone is known (else EINVAL).</summary>
    public ValueTask<Errno> RenameAsync(
        LliteInode parent, ReadOnlySpan<byte> name, LliteInode newParent, ReadOnlySpan<byte> newName, uint
        flags, Credentials caller, CancellationToken cancel) =>
        new(Errno.ENOSYS);
}
