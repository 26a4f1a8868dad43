using Lustrous.Fuse.Protocol.Native;

namespace Lustrous.Fuse.Protocol.Mounting;

/// <summary>The kernel's control files of FUSE connections.</summary>
static class FuseConnectionControl
{
    const string Folder = "/sys/fs/fuse/connections";

    /// <summary>Ends a connection whatever is under way: programs that wait get ECONNABORTED.</summary>
    /// <param name="device">Major and minor number of the mount; nothing is done when it is not known.</param>
    public static bool Abort(string? device)
    {
        if (device is null)
            return false;
        // A connection's number is the minor number of its device; the major number of nameless ones is 0.
        string file = $"{Folder}/{device[(device.IndexOf(':') + 1)..]}/abort";
        try
        {
            if (!File.Exists(file))
                _ = Libc.mount("none", Folder, "fusectl", 0, "");
            File.WriteAllText(file, "1");
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
