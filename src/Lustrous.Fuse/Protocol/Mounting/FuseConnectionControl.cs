namespace Lustrous.Fuse.Protocol.Mounting;

/// <summary>The kernel's control files of a FUSE connection.</summary>
static class FuseConnectionControl
{
    /// <summary>Ends a connection; false when the control file system is not mounted or not ours.</summary>
    public static bool TryAbort(string mountPoint)
    {
        if (MountTable.DeviceOf(mountPoint) is not { } device)
            return false;
        try
        {
            // A connection's number is the minor number of its device; the major number of nameless ones is 0.
            File.WriteAllText($"/sys/fs/fuse/connections/{device[(device.IndexOf(':') + 1)..]}/abort", "1");
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
