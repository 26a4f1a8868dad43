namespace Lustrous.Osd.Disk.Files;

/// <summary>One open file of a target. Thread-safe; closed when the last who uses it has let go.</summary>
sealed unsafe class DiskFile(string path, int descriptor, IDiskObserver? observer)
{
    int _users = 1;

    public string Path { get; } = path;

    /// <summary>Belongs to the cache it is in: what it is found by, and its neighbours by last use.</summary>
    public ulong Number { get; init; }

    public LinkedListNode<DiskFile>? Place { get; set; }

    /// <summary>Guarded by the cache's lock: written since the last sync.</summary>
    public bool IsDirty { get; set; }

    public static Errno Open(string path, bool create, IDiskObserver? observer, ulong number, out DiskFile? file)
    {
        file = null;
        int flags = Posix.O_RDWR | Posix.O_CLOEXEC;
        int descriptor = Posix.open(path, flags, 0);
        bool made = false;
        if (descriptor < 0 && create && Posix.LastError == Errno.ENOENT)
        {
            descriptor = Posix.open(path, flags | Posix.O_CREAT, 0x180);
            made = true;
        }
        if (descriptor < 0)
            return Posix.LastError;
        if (made)
            observer?.Created(path);
        file = new DiskFile(path, descriptor, observer) { Number = number };
        return Errno.OK;
    }

    /// <summary>One more user; false when the last one has left already.</summary>
    public bool TryUse()
    {
        int users = Volatile.Read(ref _users);
        while (users > 0)
        {
            int found = Interlocked.CompareExchange(ref _users, users + 1, users);
            if (found == users)
                return true;
            users = found;
        }
        return false;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0)
            _ = Posix.close(descriptor);
    }

    /// <summary>All of it, or an error; what lies beyond the end is an error too (EIO).</summary>
    public Errno Read(Span<byte> into, long offset)
    {
        fixed (byte* start = into)
            return Read(start, into.Length, offset);
    }

    public Errno Read(byte* into, int length, long offset)
    {
        while (length > 0)
        {
            nint read = Posix.pread(descriptor, into, length, offset);
            if (read < 0 && Posix.LastError == Errno.EINTR)
                continue;
            if (read <= 0)
                return read < 0 ? Posix.LastError : Errno.EIO;
            into += read;
            offset += read;
            length -= (int)read;
        }
        return Errno.OK;
    }

    /// <summary>The same when all of it is in memory already; false when it would have to wait for the disk.</summary>
    public bool TryReadNow(byte* into, int length, long offset)
    {
        var vector = new IoVec(into, length);
        return Posix.preadv2(descriptor, &vector, 1, offset, Posix.RWF_NOWAIT) == length;
    }

    public Errno Write(ReadOnlySpan<byte> bytes, long offset)
    {
        fixed (byte* start = bytes)
        {
            int done = 0;
            while (done < bytes.Length)
            {
                nint written = Posix.pwrite(descriptor, start + done, bytes.Length - done, offset + done);
                if (written < 0 && Posix.LastError == Errno.EINTR)
                    continue;
                if (written <= 0)
                    return written < 0 ? Posix.LastError : Errno.EIO;
                done += (int)written;
            }
        }
        observer?.Wrote(Path, offset, bytes);
        return Errno.OK;
    }

    public Errno Sync()
    {
        if (Posix.fdatasync(descriptor) != 0)
            return Posix.LastError;
        observer?.Synced(Path);
        return Errno.OK;
    }

    /// <summary>What was written is on the disk first.</summary>
    public void ForgetCached()
    {
        if (Posix.fdatasync(descriptor) == 0)
            _ = Posix.posix_fadvise(descriptor, 0, 0, Posix.POSIX_FADV_DONTNEED);
    }

    /// <summary>Takes room for all up to there, so that writing there needs none.</summary>
    public Errno Reserve(long length)
    {
        if (Posix.fallocate(descriptor, 0, 0, length) != 0)
            return Posix.LastError;
        observer?.Reserved(Path, length);
        return Errno.OK;
    }

    public Errno Punch(long offset, long length)
    {
        observer?.Punched(Path, offset, length);
        int mode = Posix.FALLOC_FL_PUNCH_HOLE | Posix.FALLOC_FL_KEEP_SIZE;
        return Posix.fallocate(descriptor, mode, offset, length) == 0 ? Errno.OK : Posix.LastError;
    }

    public Errno Truncate(long length)
    {
        observer?.Punched(Path, length, long.MaxValue);
        return Posix.ftruncate(descriptor, length) == 0 ? Errno.OK : Posix.LastError;
    }
}
