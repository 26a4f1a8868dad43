namespace Lustrous.EndToEnd.Tests;

/// <summary>What the machine must have.</summary>
static class Needs
{
    /// <summary>Why nothing can be mounted here; null when it can.</summary>
    public static string? NoFuse { get; } =
        !File.Exists("/dev/fuse") ? "there is no /dev/fuse"
        : !Environment.IsPrivilegedProcess && !File.Exists("/usr/bin/fusermount3")
            ? "mounting without root needs fusermount3"
        : null;

    public static void Fuse()
    {
        if (NoFuse is not null)
            Assert.Skip(NoFuse);
    }

    public static void Tool(string name)
    {
        bool found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(
            folder => File.Exists(Path.Combine(folder, name)));
        if (!found)
            Assert.Skip($"there is no {name}");
    }
}
