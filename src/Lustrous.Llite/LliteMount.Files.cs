namespace Lustrous.Llite;

// Open files and their data.
public sealed partial class LliteMount
{
    /// <summary>Opens a file or directory that is known.</summary>
    public ValueTask<Result<LliteOpened>> OpenAsync(
        LliteInode inode, LliteOpenFlags flags, Credentials caller, CancellationToken cancel) =>
        new(Errno.ENOSYS);

    /// <summary>Creates, unless it exists (EEXIST under O_EXCL), and opens in one request.</summary>
    public ValueTask<Result<LliteCreated>> CreateAsync(
        LliteInode parent, ReadOnlySpan<byte> name, uint mode, LliteOpenFlags flags, Credentials caller,
        CancellationToken cancel) =>
        new(Errno.ENOSYS);

    /// <summary>Reads; fewer bytes than asked for only at the end of the file.</summary>
    public ValueTask<Result<int>> ReadAsync(
        LliteFile file, long offset, IoVec destination, CancellationToken cancel) =>
        new(Errno.ENOSYS);

    /// <summary>Writes all of it, at the end under O_APPEND.</summary>
    public ValueTask<Result<int>> WriteAsync(
        LliteFile file, long offset, IoVec source, LliteWriteFlags flags, Credentials caller,
        CancellationToken cancel) =>
        new(Errno.ENOSYS);

    /// <summary>One descriptor of the file was closed; tells errors of write-back.</summary>
    public ValueTask<Errno> FlushAsync(
        LliteFile file, CancellationToken cancel) =>
        new(Errno.ENOSYS);

    /// <summary>The last descriptor was closed: MDS_CLOSE; the object is gone afterwards.</summary>
    public ValueTask<Errno> ReleaseAsync(
        LliteFile file) =>
        new(Errno.ENOSYS);

    /// <summary>Data and metadata to the disks of the servers.</summary>
    public ValueTask<Errno> FsyncAsync(
        LliteFile file, bool dataOnly, CancellationToken cancel) =>
        new(Errno.ENOSYS);

    /// <summary>Reserves or punches room; mode as fallocate(2)'s.</summary>
    public ValueTask<Errno> FallocateAsync(
        LliteFile file, uint mode, long offset, long length, Credentials caller, CancellationToken cancel) =>
        new(Errno.ENOSYS);

    /// <summary>SEEK_DATA (3) and SEEK_HOLE (4); ENXIO beyond the end.</summary>
    public ValueTask<Result<long>> LseekAsync(
        LliteFile file, long offset, int whence, CancellationToken cancel) =>
        new(Errno.ENOSYS);
}
