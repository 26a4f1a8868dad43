using Lustrous.Idl.Fids;
using Lustrous.Libcfs;

namespace Lustrous.Clients.Lov;

/// <summary>
/// The data of one file over its stripes: reads and writes through the cache under extent locks, sizes, truncate.
/// Memory
/// given to a call is used only until its ValueTask completes.
/// </summary>
/// <remarks>Any number of calls at once. Errors: EIO for a lost target or eviction, ENODATA for a write to a file
/// without objects (it needs a layout from the MDT first), EFBIG, ENOSPC, EDQUOT, EINTR.</remarks>
public sealed class LovObject
{
    /// <summary>The file.</summary>
    public Fid Fid { get; }

    public LovLayout Layout => LovLayout.Empty;

    /// <summary>Reads; the value is how many bytes, less than asked only at the end of the file.</summary>
    public ValueTask<Result<int>> ReadAsync(
        ulong offset, IoVec destination, LovIoFlags flags, CancellationToken cancel) => new(Errno.ENOSYS);

    /// <summary>Writes all of <paramref name="source"/>; the value is how many bytes before an error, if any.</summary>
    public ValueTask<Result<int>> WriteAsync(
        ulong offset, IoVec source, LovIoFlags flags, CancellationToken cancel) => new(Errno.ENOSYS);

    /// <summary>Writes behind the end of the file, wherever that is now (O_APPEND); the value is the offset it got.
    /// </summary>
    public ValueTask<Result<ulong>> AppendAsync(IoVec source, LovIoFlags flags, CancellationToken cancel) =>
        new(Errno.ENOSYS);

    /// <summary>Reads ahead into the cache, as far as a lock is held or free; does not wait and reports
    /// nothing.</summary>
    public void Prefetch(ulong offset, ulong length)
    {
    }

    /// <summary>Writes what is dirty in a range. Errors of earlier writes in the background are reported here, once.
    /// </summary>
    /// <param name="start">First byte.</param>
    /// <param name="end">Last byte; <c>ulong.MaxValue</c> for all.</param>
    /// <param name="commit">Also waits until the OSTs have it on disk (fsync).</param>
    /// <param name="cancel">Ends the wait.</param>
    public ValueTask<Errno> FlushAsync(ulong start, ulong end, bool commit, CancellationToken cancel) =>
        new(Errno.ENOSYS);

    /// <summary>Cuts or extends the file.</summary>
    public ValueTask<Errno> TruncateAsync(ulong size, CancellationToken cancel) => new(Errno.ENOSYS);

    /// <summary>Size, blocks and times as the locks held tell them; false when the OSTs must be asked
    /// (<see cref="GlimpseAsync"/>).</summary>
    public bool TryGetAttributes(out LovAttributes attributes)
    {
        attributes = default;
        return false;
    }

    /// <summary>Size, blocks and times as of now: from locks held, else from the OSTs, which ask whoever
    /// writes.</summary>
    public ValueTask<Result<LovAttributes>> GlimpseAsync(CancellationToken cancel) => new(Errno.ENOSYS);

    /// <summary>Times and owner of the objects.</summary>
    public ValueTask<Errno> SetattrAsync(LovSetattr attributes, CancellationToken cancel) => new(Errno.ENOSYS);

    /// <summary>fallocate(2); EOPNOTSUPP for modes that the OSTs do not do.</summary>
    public ValueTask<Errno> FallocateAsync(
        FallocateMode mode, ulong offset, ulong length, CancellationToken cancel) => new(Errno.ENOSYS);

    /// <summary>lseek(2) SEEK_DATA and SEEK_HOLE; ENXIO behind the end.</summary>
    public ValueTask<Result<ulong>> SeekAsync(ulong offset, SeekWhence whence, CancellationToken cancel) =>
        new(Errno.ENOSYS);

    /// <summary>
    /// The file's layout has changed: flushes what is cached and goes on with the new objects. EPROTO, EOPNOTSUPP; then
    /// the old ones stay.
    /// </summary>
    public ValueTask<Errno> SetLayoutAsync(ReadOnlyMemory<byte> layout, CancellationToken cancel) =>
        new(Errno.ENOSYS);

    /// <summary>The inode goes: writes what is dirty and lets go of the pages. The locks stay for the next who opens
    /// the file.</summary>
    public ValueTask<Errno> CloseAsync(CancellationToken cancel) => new(Errno.ENOSYS);
}
