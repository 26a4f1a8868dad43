using Lustrous.Libcfs;

namespace Lustrous.Osd.Tests.Support;

/// <summary>Copies of a target's directory, and what may happen to the files in it.</summary>
static class DiskImage
{
    /// <summary>As a kill leaves it, when the target is open.</summary>
    public static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string directory in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories))
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, directory)));
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            if (Path.GetFileName(file) is not ("lock" or "LOCK"))
                File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
        }
    }

    /// <summary>Changes a bit of one file, cuts it, or removes it; says what it did.</summary>
    public static string Damage(string directory, SeededRandom random)
    {
        string[] files = [.. Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)
            .Where(file => !Path.GetFileName(file).StartsWith("LOG", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];
        string file = files[random.Next(files.Length)];
        byte[] bytes = File.ReadAllBytes(file);
        int at = random.Next(Math.Max(1, bytes.Length));
        switch (random.Next(bytes.Length == 0 ? 1 : 8))
        {
            case 0:
                File.Delete(file);
                return $"{file} removed";
            case 1:
                File.WriteAllBytes(file, bytes[..at]);
                return $"{file} cut at {at} of {bytes.Length}";
            default:
                bytes[at] ^= (byte)(1 << random.Next(8));
                File.WriteAllBytes(file, bytes);
                return $"{file} changed at {at} of {bytes.Length}";
        }
    }
}
