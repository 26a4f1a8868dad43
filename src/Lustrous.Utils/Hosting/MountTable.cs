using System.Text;

namespace Lustrous.Utils.Hosting;

/// <summary>One mount of this machine.</summary>
/// <param name="MountPoint">Where.</param>
/// <param name="Type"><c>fuse.lustre</c></param>
/// <param name="Source"><c>10.0.0.1@tcp:/lustre</c></param>
sealed record MountEntry(string MountPoint, string Type, string Source);

/// <summary>What is mounted (/proc/self/mounts).</summary>
static class MountTable
{
    public static IReadOnlyList<MountEntry> Read()
    {
        var entries = new List<MountEntry>();
        foreach (string line in File.ReadLines("/proc/self/mounts"))
        {
            string[] parts = line.Split(' ');
            if (parts.Length >= 3)
                entries.Add(new MountEntry(Unescape(parts[1]), parts[2], Unescape(parts[0])));
        }
        return entries;
    }

    /// <summary>The mount that a path lies in: the last one of the longest match.</summary>
    public static MountEntry? Find(string path)
    {
        string full = Normalize(path);
        MountEntry? best = null;
        foreach (MountEntry entry in Read())
        {
            bool contains = full == entry.MountPoint || entry.MountPoint == "/"
                || full.StartsWith(entry.MountPoint + "/", StringComparison.Ordinal);
            if (contains && (best is null || entry.MountPoint.Length >= best.MountPoint.Length))
                best = entry;
        }
        return best;
    }

    public static string Normalize(string path)
    {
        string full = Path.GetFullPath(path);
        return full.Length > 1 ? full.TrimEnd('/') : full;
    }

    /// <summary>White space is written in octal.</summary>
    static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
            return text;
        var plain = new StringBuilder();
        for (int i = 0; i < text.Length; i++)
        {
            bool isOctal = text[i] == '\\' && i + 3 < text.Length
                && text.AsSpan(i + 1, 3).IndexOfAnyExceptInRange('0', '7') < 0;
            plain.Append(isOctal ? (char)Convert.ToInt32(text.Substring(i + 1, 3), 8) : text[i]);
            if (isOctal)
                i += 3;
        }
        return plain.ToString();
    }
}
