using System.Runtime.InteropServices;
using System.Text;

namespace Lustrous.EndToEnd.Tests.Posix;

/// <summary>
/// System calls as they are. A result below zero is an error number with its sign changed. In paths each character is
/// one byte, so that names of any bytes can be written.
/// </summary>
static unsafe partial class Sys
{
    public const int EPERM = 1, ENOENT = 2, EINTR = 4, EAGAIN = 11, EACCES = 13, EEXIST = 17, EXDEV = 18, ENOTDIR = 20,
        EISDIR = 21, EINVAL = 22, ETXTBSY = 26, EFBIG = 27, EDEADLK = 35, ENAMETOOLONG = 36, ENOTEMPTY = 39, ELOOP = 40,
        ENODATA = 61, ENXIO = 6, ERANGE = 34, EOPNOTSUPP = 95;

    public const int O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0x40, O_EXCL = 0x80, O_TRUNC = 0x200,
        O_APPEND = 0x400, O_DSYNC = 0x1000, O_DIRECT = 0x4000, O_DIRECTORY = 0x10000, O_NOFOLLOW = 0x20000,
        O_SYNC = 0x101000, O_TMPFILE = 0x410000;

    public const uint RENAME_NOREPLACE = 1, RENAME_EXCHANGE = 2, RENAME_WHITEOUT = 4;

    public const int SEEK_SET = 0, SEEK_END = 2, SEEK_DATA = 3, SEEK_HOLE = 4;

    public const int FALLOC_KEEP_SIZE = 1, FALLOC_PUNCH_HOLE = 2, FALLOC_COLLAPSE_RANGE = 8, FALLOC_ZERO_RANGE = 0x10,
        FALLOC_INSERT_RANGE = 0x20;

    public const int LOCK_SH = 1, LOCK_EX = 2, LOCK_NB = 4, LOCK_UN = 8;

    public const long UTIME_NOW = 0x3FFFFFFF, UTIME_OMIT = 0x3FFFFFFE;

    public const int XATTR_CREATE = 1, XATTR_REPLACE = 2;

    public const int PROT_READ = 1, PROT_WRITE = 2, MAP_SHARED = 1, MAP_PRIVATE = 2;

    const int AtCwd = -100, AtSymlinkNofollow = 0x100;

    public static int Open(string path, int flags, uint mode = 0x1A4) => Told(open(Bytes(path), flags, mode));

    /// <summary>The same, which must work.</summary>
    public static int MustOpen(string path, int flags, uint mode = 0x1A4)
    {
        int fd = Open(path, flags, mode);
        Assert.True(fd >= 0, $"open {path}: errno {-fd}");
        return fd;
    }

    public static int Close(int fd) => Told(close(fd));

    /// <summary>Makes a file of these bytes.</summary>
    public static void Put(string path, ReadOnlySpan<byte> bytes)
    {
        int fd = MustOpen(path, O_WRONLY | O_CREAT | O_TRUNC);
        if (bytes.Length > 0)
            Assert.Equal(bytes.Length, Write(fd, bytes, 0));
        Assert.Equal(0, Close(fd));
    }

    /// <summary>All of a file.</summary>
    public static byte[] Get(string path)
    {
        int fd = MustOpen(path, O_RDONLY);
        byte[] bytes = new byte[Seek(fd, 0, SEEK_END)];
        Assert.Equal(bytes.Length, bytes.Length == 0 ? 0 : Read(fd, bytes, 0));
        Assert.Equal(0, Close(fd));
        return bytes;
    }

    public static int Read(int fd, Span<byte> into, long offset)
    {
        fixed (byte* start = into)
            return Told((int)pread(fd, start, (nuint)into.Length, offset));
    }

    public static int Write(int fd, ReadOnlySpan<byte> bytes, long offset)
    {
        fixed (byte* start = bytes)
            return Told((int)pwrite(fd, start, (nuint)bytes.Length, offset));
    }

    public static int Append(int fd, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
            return Told((int)write(fd, start, (nuint)bytes.Length));
    }

    public static long Seek(int fd, long offset, int whence)
    {
        long at = lseek(fd, offset, whence);
        return at >= 0 ? at : -Marshal.GetLastPInvokeError();
    }

    public static int Truncate(int fd, long size) => Told(ftruncate(fd, size));

    public static int Allocate(int fd, int mode, long offset, long length) =>
        Told(fallocate(fd, mode, offset, length));

    public static int Sync(int fd) => Told(fsync(fd));

    public static int SyncData(int fd) => Told(fdatasync(fd));

    public static int SyncFileSystem(int fd) => Told(syncfs(fd));

    public static int Unlink(string path) => Told(unlink(Bytes(path)));

    public static int Mkdir(string path, uint mode = 0x1ED) => Told(mkdir(Bytes(path), mode));

    public static int Rmdir(string path) => Told(rmdir(Bytes(path)));

    public static int Link(string path, string newPath) => Told(link(Bytes(path), Bytes(newPath)));

    public static int Symlink(string target, string path) => Told(symlink(Bytes(target), Bytes(path)));

    /// <summary>Makes a FIFO.</summary>
    public static int MakeFifo(string path, uint mode) => Told(mknod(Bytes(path), 0x1000 | mode, 0));

    public static int Rename(string path, string newPath, uint flags = 0) =>
        Told(renameat2(AtCwd, Bytes(path), AtCwd, Bytes(newPath), flags));

    public static int Chmod(string path, uint mode) => Told(chmod(Bytes(path), mode));

    /// <summary>Of the link itself; uint.MaxValue leaves one as it is.</summary>
    public static int Chown(string path, uint uid, uint gid) => Told(lchown(Bytes(path), uid, gid));

    public static uint Umask(uint mask) => umask(mask);

    /// <summary>Each time as seconds and nanoseconds, or UTIME_NOW, UTIME_OMIT in the place of these.</summary>
    public static int SetTimes(
        string path, long atime, long atimeNanoseconds, long mtime, long mtimeNanoseconds)
    {
        long* times = stackalloc long[] { atime, atimeNanoseconds, mtime, mtimeNanoseconds };
        return Told(utimensat(AtCwd, Bytes(path), times, 0));
    }

    public static int TryStatus(string path, out FileStatus status)
    {
        byte* raw = stackalloc byte[256];
        int result = Told(statx(AtCwd, Bytes(path), AtSymlinkNofollow, 0xFFF, raw));
        status = result == 0
            ? new FileStatus(
                Word(0), Word(16), Word(20), Word(24), Word(28) & 0xFFFF, (ulong)Long(32), Long(40), Long(48), Time(64),
                Time(80), Time(96), Time(112))
            : default;
        return result;

        uint Word(int at) => *(uint*)(raw + at);
        long Long(int at) => *(long*)(raw + at);
        long Time(int at) => Long(at) * 1_000_000_000 + Word(at + 8);
    }

    public static FileStatus Status(string path)
    {
        int result = TryStatus(path, out FileStatus status);
        Assert.True(result == 0, $"stat {path}: errno {-result}");
        return status;
    }

    public static int SetXattr(string path, string name, ReadOnlySpan<byte> value, int flags = 0)
    {
        fixed (byte* start = value)
            return Told(lsetxattr(Bytes(path), Bytes(name), start, (nuint)value.Length, flags));
    }

    /// <summary>How long the value is, of which as much as fits is read; ERANGE when it does not fit.</summary>
    public static int GetXattr(string path, string name, Span<byte> value)
    {
        fixed (byte* start = value)
            return Told((int)lgetxattr(Bytes(path), Bytes(name), start, (nuint)value.Length));
    }

    public static int RemoveXattr(string path, string name) => Told(lremovexattr(Bytes(path), Bytes(name)));

    public static string[] ListXattrs(string path)
    {
        byte[] list = new byte[65536];
        int length;
        fixed (byte* start = list)
            length = Told((int)llistxattr(Bytes(path), start, (nuint)list.Length));
        Assert.True(length >= 0, $"listxattr {path}: errno {-length}");
        return Encoding.Latin1.GetString(list, 0, length).Split('\0', StringSplitOptions.RemoveEmptyEntries);
    }

    public static int Flock(int fd, int operation) => Told(flock(fd, operation));

    public static int CopyRange(int from, long fromOffset, int to, long toOffset, long length) =>
        Told((int)copy_file_range(from, &fromOffset, to, &toOffset, (nuint)length, 0));

    /// <summary>Maps from the beginning; the mapping is released when disposed of.</summary>
    public static Mapping Map(int fd, int length, int protection, int flags) => new(fd, length, protection, flags);

    /// <summary>The runs of data of a file; or an error.</summary>
    public static int Fiemap(int fd, out int extents)
    {
        const ulong FsIocFiemap = 0xC020660B;
        byte* map = stackalloc byte[32 + 56 * 32];
        new Span<byte>(map, 32 + 56 * 32).Clear();
        *(long*)(map + 8) = long.MaxValue;
        *(uint*)(map + 16) = 1;                // FIEMAP_FLAG_SYNC
        *(uint*)(map + 24) = 32;
        int result = Told(ioctl(fd, FsIocFiemap, map));
        extents = (int)*(uint*)(map + 20);
        return result;
    }

    public static long FileSystemOf(string path)
    {
        byte* raw = stackalloc byte[256];
        return statfs(Bytes(path), raw) == 0 ? *(long*)raw : 0;
    }

    /// <summary>Runs as somebody else on a thread of its own: Linux keeps credentials by thread.</summary>
    public static T As<T>(uint uid, uint gid, uint[] groups, Func<T> work)
    {
        T result = default!;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                fixed (uint* list = groups)
                    Assert.Equal(0, syscall(116, groups.Length, (nint)list, 0));       // setgroups
                Assert.Equal(0, syscall(119, (nint)gid, (nint)gid, (nint)gid));        // setresgid
                Assert.Equal(0, syscall(117, (nint)uid, (nint)uid, (nint)uid));        // setresuid
                result = work();
            }
#pragma warning disable CA1031 // it goes on to the thread of the test
            catch (Exception exception)
            {
                failure = exception;
            }
#pragma warning restore CA1031
        });
        thread.Start();
        thread.Join();
        return failure is null ? result : throw new InvalidOperationException("as somebody else", failure);
    }

    static int Told(int result) => result >= 0 ? result : -Marshal.GetLastPInvokeError();

    static byte[] Bytes(string path)
    {
        byte[] bytes = new byte[path.Length + 1];
        Encoding.Latin1.GetBytes(path, bytes);
        return bytes;
    }
}
