using System.Runtime.InteropServices;

namespace Lustrous.Fuse.Tests;

/// <summary>System calls that .NET has no methods for.</summary>
static partial class Posix
{
    const int AtFdCwd = -100;

    public const int SIGINT = 2, SIGKILL = 9, SIGUSR1 = 10, SIGTERM = 15;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int link(string path, string newPath);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int setxattr(string path, string name, byte[] value, nuint size, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint getxattr(string path, string name, byte[] value, nuint size);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint listxattr(string path, byte[] list, nuint size);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int removexattr(string path, string name);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int chmod(string path, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int socketpair(int domain, int type, int protocol, [Out] int[] fds);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint write(int fd, byte[] data, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint read(int fd, byte[] data, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int close(int fd);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int renameat2(int from, string path, int to, string newPath, uint flags);

    public static Errno Rename(string path, string newPath, bool noReplace) =>
        renameat2(AtFdCwd, path, AtFdCwd, newPath, noReplace ? 1u : 0) == 0
            ? Errno.OK : (Errno)Marshal.GetLastPInvokeError();
}
