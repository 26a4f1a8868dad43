namespace Lustrous.Obdclass.Storage;

// The body: kind Regular only, else EISDIR for a directory and EINVAL for others. Holes read as zeros.
public partial interface IDtObject
{
    /// <summary>Copies bytes out (dt_read); returns how many there were before the end. For records, llogs and
    /// symlinks; bulk goes through <see cref="GetReadBuffersAsync"/>.</summary>
    Result<int> Read(long offset, Span<byte> into);

    /// <summary>Copies bytes in, growing the object (dt_write). EFBIG; ENOSPC where it was not declared.</summary>
    Errno Write(DtTransaction transaction, long offset, ReadOnlySpan<byte> bytes);

    /// <summary>
    /// Adds the memory of a range to <paramref name="buffers"/> (dbo_bufs_get, read_prep): the pages themselves, which
    /// stay as they are, whatever is written or punched meanwhile, until the buffers are given back.
    /// </summary>
    /// <returns>Bytes before the end of the object, at most <paramref name="length"/>; only these are added.</returns>
    ValueTask<Result<int>> GetReadBuffersAsync(DtBuffers buffers, long offset, int length);

    /// <summary>
    /// Adds memory for a range to be written to <paramref name="buffers"/>: the caller fills all of it, then
    /// <see cref="DtTransaction.DeclareWrite(IDtObject, DtBuffers)"/> and <see cref="CommitWriteAsync"/>. Nobody sees
    /// it
    /// before. The object need not be locked.
    /// </summary>
    ValueTask<Errno> GetWriteBuffersAsync(DtBuffers buffers, long offset, int length);

    /// <summary>Makes what was filled part of the body, and moves the size (dbo_write_commit). All ranges that were
    /// added for this object. The memory is the device's from here on. No attribute but the size changes: times are the
    /// caller's.</summary>
    ValueTask<Errno> CommitWriteAsync(DtTransaction transaction, DtBuffers buffers);

    /// <summary>Gives room back (dt_punch). With <paramref name="end"/> = <see cref="DtRange.Eof"/> the size becomes
    /// <paramref name="start"/>, larger or smaller; else <paramref name="start"/> to <paramref name="end"/> (exclusive)
    /// becomes a hole and the size stays.</summary>
    Errno Punch(DtTransaction transaction, long start, long end);

    /// <summary>Reserves, zeroes or punches (dt_fallocate). EOPNOTSUPP: another mode, as for collapse and insert;
    /// ENOSPC
    /// where it was not declared with <see cref="DtTransaction.DeclareWrite(IDtObject, long, long)"/>.</summary>
    Errno Fallocate(DtTransaction transaction, DtFallocateModes modes, long start, long end);

    /// <summary>The first byte of data or of a hole at or after <paramref name="offset"/> (SEEK_DATA, SEEK_HOLE); the
    /// end of the object is a hole. ENXIO: beyond the end, or no data.</summary>
    Result<long> Seek(long offset, bool hole);
}
