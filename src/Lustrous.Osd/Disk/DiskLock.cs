using System.Text;
using Lustrous.Osd.Disk.Files;

namespace Lustrous.Osd.Disk;

/// <summary>Keeps every other process, and every other device of this one, out of a directory.</summary>
sealed class DiskLock : IDisposable
{
    readonly int _descriptor;

    DiskLock(int descriptor) => _descriptor = descriptor;

    /// <summary>EBUSY: somebody has it, of whom <paramref name="holder"/> tells what he wrote there.</summary>
    public static unsafe Errno Take(string path, out DiskLock? taken, out string holder)
    {
        (taken, holder) = (null, "");
        int descriptor = Posix.open(path, Posix.O_RDWR | Posix.O_CREAT | Posix.O_CLOEXEC, 0x180);
        if (descriptor < 0)
            return Posix.LastError;
        if (Posix.flock(descriptor, Posix.LOCK_EX | Posix.LOCK_NB) != 0)
        {
            Errno error = Posix.LastError;
            byte* text = stackalloc byte[32];
            nint length = Posix.pread(descriptor, text, 32, 0);
            holder = length > 0 ? Encoding.ASCII.GetString(text, (int)length).Trim() : "";
            _ = Posix.close(descriptor);
            return error == Errno.EAGAIN ? Errno.EBUSY : error;
        }
        _ = Posix.ftruncate(descriptor, 0);
        byte[] name = Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n");
        fixed (byte* start = name)
            _ = Posix.pwrite(descriptor, start, name.Length, 0);
        taken = new DiskLock(descriptor);
        return Errno.OK;
    }

    public void Dispose() => _ = Posix.close(_descriptor);
}
