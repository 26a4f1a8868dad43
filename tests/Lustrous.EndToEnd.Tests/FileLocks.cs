using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Lustrous.EndToEnd.Tests;

/// <summary>fcntl(2) locks of this process.</summary>
static partial class FileLocks
{
    public const int GetLock = 5, SetLock = 6, SetLockAndWait = 7;

    public const short Read = 0, Write = 1, Unlock = 2;

    /// <summary><c>struct flock</c> of a 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Range
    {
        public short Type, Whence;
        public long Start, Length;
        public int Pid;
    }

    /// <summary>open(2) itself: the base library would flock what it opens.</summary>
    public static SafeFileHandle Open(string path, bool writes)
    {
        int fd = open(path, writes ? 2 : 0);
        Assert.True(fd >= 0, $"{path}: errno {Marshal.GetLastPInvokeError()}");
        return new SafeFileHandle(fd, ownsHandle: true);
    }

    /// <summary>0, or the errno.</summary>
    public static int Call(SafeHandle file, int command, ref Range range)
    {
        bool isHeld = false;
        file.DangerousAddRef(ref isHeld);
        try
        {
            return fcntl((int)file.DangerousGetHandle(), command, ref range) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
        finally
        {
            file.DangerousRelease();
        }
    }

    public static int Call(SafeHandle file, int command, short type, long start, long length)
    {
        var range = new Range { Type = type, Start = start, Length = length };
        return Call(file, command, ref range);
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int fd, int command, ref Range range);
}
