using System.Runtime.InteropServices;

namespace Lustrous.EndToEnd.Tests.Posix;

// The C library's own functions, of 64-bit Linux.
static unsafe partial class Sys
{
    [LibraryImport("libc", SetLastError = true)]
    private static partial int open(byte[] path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pread(int fd, byte* into, nuint length, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pwrite(int fd, byte* from, nuint length, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int fd, byte* from, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek(int fd, long offset, int whence);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(int fd, long size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(int fd, int mode, long offset, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fdatasync(int fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int syncfs(int fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unlink(byte[] path);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mkdir(byte[] path, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int rmdir(byte[] path);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int link(byte[] path, byte[] newPath);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int symlink(byte[] target, byte[] path);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mknod(byte[] path, uint mode, ulong device);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int renameat2(int from, byte[] path, int to, byte[] newPath, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int chmod(byte[] path, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int lchown(byte[] path, uint uid, uint gid);

    [LibraryImport("libc")]
    private static partial uint umask(uint mask);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int utimensat(int from, byte[] path, long* times, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int statx(int from, byte[] path, int flags, uint mask, byte* status);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int lsetxattr(byte[] path, byte[] name, byte* value, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint lgetxattr(byte[] path, byte[] name, byte* value, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint llistxattr(byte[] path, byte* list, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int lremovexattr(byte[] path, byte[] name);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(int fd, int operation);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint copy_file_range(
        int from, long* fromOffset, int to, long* toOffset, nuint length, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int fd, ulong request, byte* argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int statfs(byte[] path, byte* status);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint first, nint second, nint third);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint mmap(nint address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int munmap(nint address, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int msync(nint address, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint opendir(byte[] path);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial byte* readdir(nint directory);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial long telldir(nint directory);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial void seekdir(nint directory, long position);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial void rewinddir(nint directory);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int closedir(nint directory);
}
