namespace Lustrous.EndToEnd.Tests;

/// <summary>What the machine must have.</summary>
static class Needs
{
    public static void Fuse()
    {
        if (!File.Exists("/dev/fuse"))
            Assert.Skip("there is no /dev/fuse");
        if (!Environment.IsPrivilegedProcess && !File.Exists("/usr/bin/fusermount3"))
            Assert.Skip("mounting without root needs fusermount3");
    }

    public static void Tool(string name)
    {
        bool found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(
            folder => File.Exists(Path.Combine(folder, name)));
        if (!found)
            Assert.Skip($"there is no {name}");
    }
}
