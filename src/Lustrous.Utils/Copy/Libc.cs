using System.Runtime.InteropServices;

namespace Lustrous.Utils.Copy;

/// <summary>Calls of the system that the base library has not got.</summary>
static unsafe partial class Libc
{
    const int AtFdCwd = -100, SymlinkNoFollow = 0x100;
    const uint BasicStats = 0x7ff;

    /// <summary>What lstat tells.</summary>
    public static Result<FileFacts> Lstat(string path)
    {
        Statx buffer;
        if (statx(AtFdCwd, path, SymlinkNoFollow, BasicStats, &buffer) != 0)
            return Last();
        return new FileFacts(
            buffer.Mode, buffer.Uid, buffer.Gid, buffer.Links, buffer.Size, buffer.ModifySeconds, buffer.Inode,
            (ulong)buffer.DeviceMajor << 32 | buffer.DeviceMinor);
    }

    public static Errno Chown(string path, uint uid, uint gid) => Check(lchown(path, uid, gid));

    /// <summary>Sets both times, of a symbolic link itself.</summary>
    public static Errno SetTimes(string path, long seconds)
    {
        Timespec* times = stackalloc Timespec[2];
        times[0] = times[1] = new Timespec { Seconds = seconds, Nanoseconds = 0 };
        return Check(utimensat(AtFdCwd, path, times, SymlinkNoFollow));
    }

    public static Errno Link(string existing, string created) => Check(link(existing, created));

    /// <summary>A FIFO, socket or device.</summary>
    public static Errno Mknod(string path, uint mode) => Check(mknod(path, mode, 0));

    public static Errno Chmod(string path, uint mode) => Check(chmod(path, mode));

    /// <summary>The process leaves its terminal and session.</summary>
    public static void NewSession() => _ = setsid();

    /// <summary>The path without symbolic links; the part that does not exist stays.</summary>
    public static string RealPath(string path)
    {
        string full;
        try
        {
            full = Path.GetFullPath(path);
        }
        catch (IOException)
        {
            return path;        // the working folder is gone: its file system was unmounted
        }
        byte* buffer = stackalloc byte[4096];
        if (realpath(full, buffer) != null)
            return Marshal.PtrToStringUTF8((nint)buffer)!;
        string? parent = Path.GetDirectoryName(full);
        return parent is null or "/" ? full : Path.Combine(RealPath(parent), Path.GetFileName(full));
    }

    static Errno Check(int result) => result == 0 ? Errno.OK : Last();

    static Errno Last() => (Errno)Marshal.GetLastPInvokeError();

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    struct Statx
    {
        [FieldOffset(16)] public uint Links;
        [FieldOffset(20)] public uint Uid;
        [FieldOffset(24)] public uint Gid;
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(32)] public ulong Inode;
        [FieldOffset(40)] public ulong Size;
        [FieldOffset(112)] public long ModifySeconds;
        [FieldOffset(136)] public uint DeviceMajor;
        [FieldOffset(140)] public uint DeviceMinor;
    }

    struct Timespec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, Statx* buffer);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int lchown(string path, uint uid, uint gid);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int utimensat(int directory, string path, Timespec* times, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int link(string existing, string created);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mknod(string path, uint mode, ulong device);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int chmod(string path, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsid();

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial byte* realpath(string path, byte* resolved);
}
