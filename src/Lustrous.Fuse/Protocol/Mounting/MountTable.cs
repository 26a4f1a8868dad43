namespace Lustrous.Fuse.Protocol.Mounting;

/// <summary>What is mounted where, read without touching the mounts.</summary>
static class MountTable
{
    /// <summary>Major and minor number, <c>0:52</c>, of the file system mounted last on a directory; null when nothing
    /// is.</summary>
    public static string? DeviceOf(string mountPoint)
    {
        string wanted = Path.TrimEndingDirectorySeparator(Path.GetFullPath(mountPoint));
        string? device = null;
        try
        {
            foreach (string line in File.ReadLines("/proc/self/mountinfo"))
            {
                string[] fields = line.Split(' ');
                if (fields.Length > 4 && Unescape(fields[4]) == wanted)
                    device = fields[2];
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        return device;
    }

    /// <summary>The kernel writes space, tab, newline and backslash in octal.</summary>
    static string Unescape(string field) => field
        .Replace("\\040", " ", StringComparison.Ordinal).Replace("\\011", "\t", StringComparison.Ordinal)
        .Replace("\\012", "\n", StringComparison.Ordinal).Replace("\\134", "\\", StringComparison.Ordinal);
}
