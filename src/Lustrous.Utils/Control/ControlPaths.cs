using System.Globalization;

namespace Lustrous.Utils.Control;

/// <summary>Where running processes of ours can be reached: a Unix socket each, named by its process.</summary>
static class ControlPaths
{
    const string Suffix = ".sock";

    /// <summary><c>/run/lustrous</c> for root, else below the user's own runtime folder.</summary>
    public static string Folder
    {
        get
        {
            if (Environment.GetEnvironmentVariable("LUSTROUS_RUN_DIR") is { Length: > 0 } chosen)
                return chosen;
            if (Environment.IsPrivilegedProcess)
                return "/run/lustrous";
            return Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } runtime
                ? Path.Combine(runtime, "lustrous")
                : Path.Combine(Path.GetTempPath(), $"lustrous-{Environment.UserName}");
        }
    }

    public static string Own => Path.Combine(
        Folder, Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + Suffix);

    /// <summary>Sockets there are, in the order of their processes; of those that died, too.</summary>
    public static IReadOnlyList<string> All()
    {
        if (!Directory.Exists(Folder))
            return [];
        return [.. Directory.EnumerateFiles(Folder, "*" + Suffix).OrderBy(ProcessOf)];
    }

    static int ProcessOf(string path) => int.TryParse(
        Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : 0;
}
