namespace Lustrous.Utils.Commands;

/// <summary>The names that the program may be called by, as links to it.</summary>
static class Names
{
    static readonly string[] s_names = ["lfs", "lctl", "mkfs.lustre", "mount.lustre", "tunefs.lustre"];

    /// <summary>The words of a command line with the name the program was called by in front, if it is one of
    /// these. The script <c>./lustrous</c> tells it by LUSTROUS_NAME.</summary>
    public static string[] WithSubcommand(string[] words)
    {
        string name = Environment.GetEnvironmentVariable("LUSTROUS_NAME") ?? FirstWord();
        name = Path.GetFileName(name);
        return s_names.Contains(name) ? [name, .. words] : words;
    }

    /// <summary>What the program was called by; the runtime only tells what it is.</summary>
    static string FirstWord()
    {
        try
        {
            string line = File.ReadAllText("/proc/self/cmdline");
            int end = line.IndexOf('\0');
            return end < 0 ? line : line[..end];
        }
        catch (IOException)
        {
            return "";
        }
    }
}
