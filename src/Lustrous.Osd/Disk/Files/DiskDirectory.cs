namespace Lustrous.Osd.Disk.Files;

/// <summary>Directories of a target, and small files that are there whole or not at all.</summary>
static unsafe class DiskDirectory
{
    /// <summary>Makes durable which names are in it.</summary>
    public static Errno Sync(string directory)
    {
        int descriptor = Posix.open(directory, Posix.O_RDONLY | Posix.O_DIRECTORY | Posix.O_CLOEXEC, 0);
        if (descriptor < 0)
            return Posix.LastError;
        Errno error = Posix.fsync(descriptor) == 0 ? Errno.OK : Posix.LastError;
        _ = Posix.close(descriptor);
        return error;
    }

    /// <summary>Puts a file in place of the one there: after a crash it is the old one or the new one.</summary>
    public static Errno Replace(string path, ReadOnlySpan<byte> bytes)
    {
        string next = path + ".new";
        int flags = Posix.O_RDWR | Posix.O_CREAT | Posix.O_CLOEXEC;
        int descriptor = Posix.open(next, flags, 0x180);
        if (descriptor < 0)
            return Posix.LastError;
        var file = new DiskFile(next, descriptor, null);
        Errno error = file.Truncate(0);
        if (error == Errno.OK)
            error = file.Write(bytes, 0);
        if (error == Errno.OK)
            error = file.Sync();
        file.Release();
        if (error == Errno.OK && Posix.rename(next, path) != 0)
            error = Posix.LastError;
        return error == Errno.OK ? Sync(Path.GetDirectoryName(path)!) : error;
    }

    /// <summary>Bytes of the file system it is on: all, and those there for the taking.</summary>
    public static Errno Room(string directory, out long total, out long available)
    {
        total = available = 0;
        Posix.FileSystemFacts facts;
        if (Posix.statvfs(directory, &facts) != 0)
            return Posix.LastError;
        total = (long)(facts.Blocks * facts.FragmentSize);
        available = (long)(facts.BlocksAvailable * facts.FragmentSize);
        return Errno.OK;
    }
}
