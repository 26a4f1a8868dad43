using System.Runtime.InteropServices;

namespace Lustrous.Osd.Disk.Files;

/// <summary>
/// The system calls that a target's files need: errors are values, and order on the disk is decided here and nowhere
/// else, which System.IO does not offer.
/// </summary>
static unsafe partial class Posix
{
    public const int O_RDONLY = 0, O_RDWR = 2, O_CREAT = 0x40, O_EXCL = 0x80, O_DIRECTORY = 0x10000;
    public const int O_CLOEXEC = 0x80000;
    public const int FALLOC_FL_KEEP_SIZE = 1, FALLOC_FL_PUNCH_HOLE = 2;
    public const int LOCK_EX = 2, LOCK_NB = 4;
    public const int RWF_NOWAIT = 8;
    public const int POSIX_FADV_DONTNEED = 4;

    /// <summary>What the last call that failed on this thread says.</summary>
    public static Errno LastError => (Errno)Marshal.GetLastPInvokeError();

    /// <summary><c>struct statvfs</c> of 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct FileSystemFacts
    {
        public nuint BlockSize, FragmentSize;
        public nuint Blocks, BlocksFree, BlocksAvailable;
        public nuint Files, FilesFree, FilesAvailable;
        public nuint Id, Flags, NameLength;
        public fixed int Spare[6];
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int close(int fd);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint pread(int fd, byte* buffer, nint length, long offset);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint preadv2(int fd, IoVec* vectors, int count, long offset, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint pwrite(int fd, byte* buffer, nint length, long offset);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fdatasync(int fd);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fsync(int fd);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int syncfs(int fd);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fallocate(int fd, int mode, long offset, long length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int posix_fadvise(int fd, long offset, long length, int advice);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int ftruncate(int fd, long length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int flock(int fd, int operation);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int unlink(string path);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int mkdir(string path, int mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int rename(string from, string to);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int statvfs(string path, FileSystemFacts* facts);
}
